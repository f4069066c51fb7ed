using Lucid.Evidence.Notes;
using Lucid.Evidence.Policies;

namespace Lucid.Evidence.Verification;

/// <summary>How to verify.</summary>
public sealed record VerifyOptions
{
    /// <summary>
    /// Chunks hashed at once: 1 to 64, by default as many as there are cores. Memory is one chunk (at most 11 MiB) for each and one more.
    /// </summary>
    public int Parallelism
    {
        get;
        init => field = value is >= 1 and <= 64
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Parallelism is a number from 1 to 64.");
    } = Math.Clamp(Environment.ProcessorCount, 1, 64);

    /// <summary>
    /// Chunk receipts that a client kept while it recorded (<see cref="Records.ChunkReceipt.ReadAll"/>): each must be of the manifest's
    /// recorder, and its leaf among the session's. Those of the session that the manifest continues are passed over. By default none.
    /// </summary>
    public IReadOnlyCollection<SignedNote> Receipts { get; init; } = [];

    /// <summary>The policy that the session is said to be recorded under: its owner has to have signed it, and the manifest to name it. By default none.</summary>
    public GivenPolicy? Policy { get; init; }
}

/// <summary>A policy to hold evidence against.</summary>
/// <param name="Wallets">How the wallets sign that its owner has one of.</param>
public sealed record GivenPolicy(SignedPolicy Signed, WalletScheme Wallets);
