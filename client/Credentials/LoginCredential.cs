using System.Net;
using Lucid.Evidence.Keys;

namespace Lucid.Client;

/// <summary>
/// A login, kept in memory: its access token is renewed before it expires and where the node refuses it, once for all requests that wait for it. With a wallet it
/// signs in by itself, at the first request and whenever the login has ended. It is for one node: what was got there is not shown elsewhere.
/// </summary>
/// <remarks>A refresh token is good once: keep one login in one credential of one process. Logins that several processes share want an <see cref="ICredential"/> that locks.</remarks>
public sealed class LoginCredential : ICredential
{
    private readonly Lock _lock = new();
    private readonly Secp256k1PrivateKey? _wallet;
    private readonly TimeProvider _clock;

    // All three are read and written under the lock.
    private string? _origin;
    private (LoginAnswer Answer, DateTimeOffset RenewAt)? _login;
    private Task<string>? _renewal;

    /// <param name="wallet">Who signs in. Its key stays in this process.</param>
    /// <param name="clock">Null for the system's.</param>
    public LoginCredential(Secp256k1PrivateKey wallet, TimeProvider? clock = null) => (_wallet, _clock) = (wallet, clock ?? TimeProvider.System);

    /// <param name="login">As a sign-in answered it just now. When it ends, requests are refused with 401.</param>
    /// <param name="clock">Null for the system's.</param>
    public LoginCredential(LoginAnswer login, TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        Keep(login);
    }

    /// <inheritdoc/>
    /// <exception cref="RefusedException">The login has ended, or the wallet is not let in.</exception>
    /// <exception cref="ChallengeException">What the wallet should sign must not be signed.</exception>
    public async Task<string?> GetAsync(LucidClient client, CancellationToken cancellation) => await TokenAsync(client, null, cancellation);

    /// <inheritdoc/>
    /// <exception cref="RefusedException">The login has ended, or the wallet is not let in.</exception>
    /// <exception cref="ChallengeException">What the wallet should sign must not be signed.</exception>
    public async Task<string?> RenewAsync(LucidClient client, string refused, CancellationToken cancellation) => await TokenAsync(client, refused, cancellation);

    /// <summary>Without the tokens.</summary>
    public override string ToString()
    {
        lock (_lock)
            return _login?.Answer.ToString() ?? nameof(LoginCredential);
    }

    private Task<string> TokenAsync(LucidClient client, string? refused, CancellationToken cancellation)
    {
        Task<string> renewal;
        var origin = client.Locate().Url.GetLeftPart(UriPartial.Authority);
        lock (_lock)
        {
            _origin ??= origin;
            if (_origin != origin)
                throw new InvalidOperationException($"This login is for {_origin}, and is not shown to {origin}: make a LoginCredential for each node.");
            if (_login is { } login && login.Answer.AccessToken != refused && _clock.GetUtcNow() < login.RenewAt)
                return Task.FromResult(login.Answer.AccessToken);
            renewal = _renewal ??= RenewAsync(client);
        }
        // Whoever gives up does not stop it: a token that was exchanged for one that nobody has kept ends the login.
        return renewal.WaitAsync(cancellation);
    }

    private async Task<string> RenewAsync(LucidClient client)
    {
        // Not within the lock, and not finished before it is known as the renewal.
        await Task.Yield();
        try
        {
            LoginAnswer? before;
            lock (_lock)
                before = _login?.Answer;
            var next = before is null ? null : await RefreshAsync(client, before);
            // Without either there is nothing to sign in with.
            next ??= await client.Auth.SignInAsync(_wallet!, CancellationToken.None);
            Keep(next);
            return next.AccessToken;
        }
        finally
        {
            lock (_lock)
                _renewal = null;
        }
    }

    /// <summary>Null where the login has ended and the wallet can begin another one.</summary>
    private async Task<LoginAnswer?> RefreshAsync(LucidClient client, LoginAnswer before)
    {
        try
        {
            return await client.Auth.RefreshAsync(before.RefreshToken, CancellationToken.None);
        }
        catch (RefusedException e) when (e.Status == HttpStatusCode.Unauthorized && _wallet is not null)
        {
            return null;
        }
    }

    private void Keep(LoginAnswer login)
    {
        lock (_lock)
            _login = (login, login.RenewAt(_clock.GetUtcNow()));
    }
}
