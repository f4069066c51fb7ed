namespace Lucid.Client;

/// <summary>What lets a client in: a <see cref="TokenCredential"/>, a <see cref="LoginCredential"/>, or one of your own, which may keep its tokens anywhere.</summary>
public interface ICredential
{
    /// <summary>The token to show. Asked before each request, from many threads at once.</summary>
    /// <param name="client">Whom a token may be got from, by requests that need none.</param>
    /// <param name="cancellation">The request's.</param>
    /// <returns>Null for none.</returns>
    Task<string?> GetAsync(LucidClient client, CancellationToken cancellation);

    /// <summary>Another token, where the node refused one: once for each request.</summary>
    /// <param name="client">As for <see cref="GetAsync"/>.</param>
    /// <param name="refused">The one that it refused. Where another one is there already, somebody else was quicker.</param>
    /// <param name="cancellation">The request's.</param>
    /// <returns>Null where there is no other.</returns>
    Task<string?> RenewAsync(LucidClient client, string refused, CancellationToken cancellation);

    /// <summary>The node's refusal of all that there is, in words that say what to do about it.</summary>
    RefusedException Explain(RefusedException refusal) => refusal;
}
