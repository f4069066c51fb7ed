namespace Lucid.Client;

/// <summary>One token that stays as it is: a program's (`lucid tokens make`), or the node's own, from its data directory, on its own machine.</summary>
/// <param name="token">Without "Bearer".</param>
public sealed class TokenCredential(string token) : ICredential
{
    /// <inheritdoc/>
    public Task<string?> GetAsync(LucidClient client, CancellationToken cancellation) => Task.FromResult<string?>(token);

    /// <inheritdoc/>
    public Task<string?> RenewAsync(LucidClient client, string refused, CancellationToken cancellation) => Task.FromResult<string?>(null);

    /// <summary>Without the token.</summary>
    public override string ToString() => nameof(TokenCredential);
}
