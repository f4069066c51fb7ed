namespace Lucid.Cli.Node;

/// <summary>One token that stays as it is, or none.</summary>
/// <param name="token">Null or empty for none.</param>
/// <param name="explain">What to say where the node refuses it, given what the node said.</param>
internal sealed class GivenToken(string? token, Func<string, string> explain) : ICredential
{
    /// <summary>The token that the environment gives, for programs.</summary>
    public static GivenToken OfEnvironment(Uri url, string token) => new(token, said =>
        $"The node at {Origin(url)} does not accept the token in LUCID_TOKEN: {said} Make another one with `lucid tokens make`, or unset LUCID_TOKEN.");

    /// <summary>The node's own token, from its data directory.</summary>
    public static GivenToken OfDirectory(Uri url, string? token) => new(token, said =>
        $"The node at {Origin(url)} does not accept the token in its data directory: {said} Name its directory with --data DIR, or sign in with: lucid login --url {Origin(url)}");

    /// <summary>Nobody's.</summary>
    public static GivenToken None(Uri url) => new(null, _ => $"Nobody is signed in at {Origin(url)}; sign in with: lucid login --url {Origin(url)}");

    /// <inheritdoc/>
    public Task<string?> GetAsync(LucidClient client, CancellationToken cancellation) => Task.FromResult(token);

    /// <inheritdoc/>
    public Task<string?> RenewAsync(LucidClient client, string refused, CancellationToken cancellation) => Task.FromResult<string?>(null);

    /// <inheritdoc/>
    public RefusedException Explain(RefusedException refusal) => new(refusal.Status, refusal.Code, explain(refusal.Message), refusal);

    private static string Origin(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
