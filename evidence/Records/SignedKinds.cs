using System.Collections.Immutable;

namespace Lucid.Evidence.Records;

/// <summary>Which of a node's keys signs, or whose else.</summary>
public enum SigningKey
{
    /// <summary>The node's identity, as recorder or validator.</summary>
    Identity,

    /// <summary>A validator's cosigning key.</summary>
    Cosigning,

    /// <summary>The log's key, which the publisher of the log has.</summary>
    Log,

    /// <summary>None of a node's: a user's wallet, as a message.</summary>
    Wallet,
}

/// <summary>One kind of statement that a Lucid key signs.</summary>
/// <param name="Beginning">The first line of what is signed, with its end: what tells the kinds apart.</param>
/// <param name="Key">Which key signs it.</param>
/// <param name="Statement">What the signature says.</param>
public sealed record SignedKind(string Beginning, SigningKey Key, string Statement);

/// <summary>
/// Everything that a key of Lucid ever signs. No beginning is the prefix of another, so that a signature made for one kind can never be
/// shown as one of another. A new kind gets its line here first; a test holds the table to the encodings.
/// </summary>
public static class SignedKinds
{
    public static ImmutableArray<SignedKind> All { get; } =
    [
        new("lucid.manifest/1\n", SigningKey.Identity, "This manifest is mine."),
        new("lucid.chunk-receipt/1\n", SigningKey.Identity, "I stored this chunk, and its leaf will be in the session's tree."),
        new("lucid.anchor-batch/1\n", SigningKey.Identity, "These anchors, erasures and roots of my audit log are mine."),
        new("lucid.proposal/1\n", SigningKey.Identity, "I propose this block for this height and round."),
        new("lucid.prevote/1\n", SigningKey.Identity, "This block is acceptable to me in this round."),
        new("lucid.precommit/1\n", SigningKey.Identity, "More than two thirds accept this block, and I commit to it."),
        // C2SP tlog-cosignature gives this line; the checkpoint follows it, with the log's origin.
        new("cosignature/v1\n", SigningKey.Cosigning, "At this time this was the log's largest checkpoint that I knew, and it is consistent."),
        // A checkpoint begins with its origin, `lucid/<network id>` (C2SP tlog-checkpoint).
        new("lucid/", SigningKey.Log, "This is a checkpoint of my log."),
        // A login, which a wallet signs too, begins with the host where it is meant to be good: no host's name holds a '/'.
        new("lucid.policy/1\n", SigningKey.Wallet, "This version of my policy is in force."),
    ];
}
