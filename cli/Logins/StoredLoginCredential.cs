using System.Net;

namespace Lucid.Cli.Logins;

/// <summary>The access token of a stored login, renewed before it expires, and where the node refuses it.</summary>
internal sealed class StoredLoginCredential(LoginStore store, Uri url, StoredLogin login, TimeProvider clock) : ICredential
{
    // Whole or not at all; the file is what all commands agree on.
    private volatile StoredLogin _login = login;

    public StoredLogin Login => _login;

    /// <inheritdoc/>
    public async Task<string?> GetAsync(LucidClient client, CancellationToken cancellation)
    {
        var current = _login;
        return current.IsFresh(clock.GetUtcNow()) ? current.AccessToken : await RenewAsync(client, current.AccessToken, cancellation);
    }

    /// <inheritdoc/>
    /// <exception cref="RefusedException">The login has ended: sign in again.</exception>
    public async Task<string?> RenewAsync(LucidClient client, string refused, CancellationToken cancellation)
    {
        using var locked = await store.LockAsync(url, clock, cancellation);
        if (store.Read(url) is not { } stored)
            throw Ended("LUCID_ERR_2009", $"Nobody is signed in at {Origin} any more.", null);
        if (stored.AccessToken != refused && stored.IsFresh(clock.GetUtcNow()))
        {
            // Somebody else renewed it while we waited.
            _login = stored;
            return stored.AccessToken;
        }
        LoginAnswer answer;
        try
        {
            // Ctrl-C does not stop this: a token that was exchanged for one that nobody has stored ends the login.
            answer = await client.Auth.RefreshAsync(stored.RefreshToken, CancellationToken.None);
        }
        catch (RefusedException e) when (e.Status == HttpStatusCode.Unauthorized)
        {
            store.Delete(url);
            throw Ended(e.Code, $"The login at {Origin} has ended: {e.Message}", e);
        }
        var next = StoredLogin.Of(url, answer, clock.GetUtcNow());
        await store.WriteAsync(url, next, CancellationToken.None);
        _login = next;
        return next.AccessToken;
    }

    /// <inheritdoc/>
    public RefusedException Explain(RefusedException refusal) =>
        // A node refuses tokens for half a minute that it makes for somebody who was suspended a moment ago: the clocks of others may run behind.
        Ended(refusal.Code, $"The node at {Origin} does not accept the login, although it was renewed: {refusal.Message} Try again in a minute.", refusal);

    private string Origin => StoredLogin.OriginOf(url);

    private RefusedException Ended(string code, string why, Exception? cause)
    {
        // The node says that too, but not how.
        const string advice = " Sign in again.";
        var said = why.EndsWith(advice, StringComparison.Ordinal) ? why[..^advice.Length] : why;
        return new RefusedException(HttpStatusCode.Unauthorized, code, $"{said} Sign in again with: lucid login --url {Origin}", cause);
    }
}
