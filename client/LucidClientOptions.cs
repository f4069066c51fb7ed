namespace Lucid.Client;

/// <summary>How a <see cref="LucidClient"/> asks. The defaults are for a program that is to get through whatever a node goes through.</summary>
public sealed record LucidClientOptions
{
    /// <summary>How requests are tried again after an answer of 429, 502, 503 or 504 and after a lost connection. Null: each is tried once.</summary>
    public PersistenceOptions? Persistence { get; init; } = PersistenceOptions.Default;

    /// <summary>How long the node may take to begin an answer, 1 ms to 1 h; it says itself that it is busy long before the default of 2 minutes.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// What sends requests: for other certificates, a proxy, or tests. The client disposes it. It should not follow redirections: what is meant for one host, a
    /// refresh token say, is not taken to another. Null: sockets, without a proxy.
    /// </summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>Time, as delays and challenges go by it.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
