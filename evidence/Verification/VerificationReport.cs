using System.Collections.Immutable;
using Lucid.Evidence.Files;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Verification;

/// <summary>What a verification came to.</summary>
public enum Verdict
{
    /// <summary>Every check passed, under validators that the verifier trusts. Exit code 0.</summary>
    Verified,

    /// <summary>Every check passed, but nobody here knows the validators: anyone could have made such a file. Exit code 1.</summary>
    NotTrusted,

    /// <summary>It is evidence, and something in it is not as it was made. Exit code 1.</summary>
    Failed,

    /// <summary>
    /// It is no evidence file of a version known here, it could not be read, or it is cut off before its manifest was complete, so that not
    /// even the session is known. Exit code 2. From the manifest's last byte on every deviation is <see cref="Failed"/>.
    /// </summary>
    Unreadable,
}

/// <summary>What one check came to.</summary>
public enum CheckOutcome
{
    /// <summary>An earlier failure left nothing to check.</summary>
    NotReached,

    /// <summary>There was nothing to check, and nothing is claimed.</summary>
    Skipped,

    Passed,

    /// <summary>It holds under validators that are not among the trusted ones.</summary>
    NotTrusted,

    Failed,
}

/// <summary>One check.</summary>
/// <param name="Name">One of <see cref="CheckNames"/>.</param>
/// <param name="Finding">What it proved, or where it failed: for people, one or more sentences without the last full stop. Empty where
/// not reached.</param>
public sealed record VerificationCheck(string Name, CheckOutcome Outcome, string Finding);

/// <summary>The names of the checks, in the order of a report.</summary>
public static class CheckNames
{
    /// <summary>The file has the one form that an evidence file has: entries, order, headers, CRCs, central directory, end.</summary>
    public const string File = "file";

    /// <summary>The manifest is one, and is the session's and network's that the file names.</summary>
    public const string Manifest = "manifest";

    /// <summary>Who recorded it: the manifest's signature.</summary>
    public const string Recorder = "recorder";

    /// <summary>The leaves are those of the manifest: counts, totals and root.</summary>
    public const string Leaves = "leaves";

    /// <summary>Which time is missing, and why.</summary>
    public const string Gaps = "gaps";

    /// <summary>The anchor, rebuilt from the manifest, is in the log of the checkpoint.</summary>
    public const string Inclusion = "inclusion";

    /// <summary>The checkpoint is the block's log.</summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>The validators are those of the block.</summary>
    public const string Validators = "validators";

    /// <summary>More than two thirds of them made the block final.</summary>
    public const string Certificate = "certificate";

    /// <summary>More than two thirds of them cosigned the checkpoint.</summary>
    public const string Cosignatures = "cosignatures";

    /// <summary>Not newer than: the block's height and time.</summary>
    public const string NotNewerThan = "not-newer-than";

    /// <summary>Not older than: the final block that the manifest names.</summary>
    public const string NotOlderThan = "not-older-than";

    /// <summary>The validators are trusted here.</summary>
    public const string Trust = "trust";

    /// <summary>The chunks in the file are those of the leaves.</summary>
    public const string Chunks = "chunks";

    /// <summary>Every chunk receipt that was given is honoured.</summary>
    public const string Receipts = "receipts";

    /// <summary>The trust policy that was given is the one that the manifest names, and its owner signed it.</summary>
    public const string Policy = "policy";

    /// <summary>Of an audit export: its root is the entry of the ledger that the file carries.</summary>
    public const string Root = "root";

    /// <summary>Of an audit export: each record is in the log of that root.</summary>
    public const string Records = "records";

    /// <summary>Of an audit export: whether it can be known that none is left out.</summary>
    public const string Completeness = "completeness";

    /// <summary>Those of an audit export.</summary>
    public static ImmutableArray<string> OfAuditExport { get; } =
    [
        File, Root, Records, Completeness, Inclusion, Checkpoint, Validators, Certificate, Cosignatures, NotNewerThan, Trust,
    ];

    /// <summary>Those of an evidence file.</summary>
    public static ImmutableArray<string> All { get; } =
    [
        File, Manifest, Recorder, Leaves, Gaps, Inclusion, Checkpoint, Validators, Certificate, Cosignatures, NotNewerThan, NotOlderThan,
        Trust, Chunks, Receipts, Policy,
    ];
}

/// <summary>What part of a node's audit log an export holds.</summary>
/// <param name="Network">The network whose ledger has the log's root.</param>
/// <param name="Recorder">The identity key of the node that keeps the log.</param>
/// <param name="First">The index of the first record in the file; null where it holds none.</param>
/// <param name="Last">That of the last one.</param>
/// <param name="Count">Records in the file.</param>
/// <param name="LogSize">Records in the log when its root was anchored.</param>
/// <param name="IsContiguous">Whether every record from the first to the last is there.</param>
public sealed record AuditRange(Hash256 Network, string Recorder, long? First, long? Last, long Count, ulong LogSize, bool IsContiguous);

/// <summary>What a verification found.</summary>
public sealed record VerificationReport
{
    public required Verdict Verdict { get; init; }

    /// <summary>
    /// The verdict in one line: <c>VERIFIED</c>, <c>CONSISTENT, NOT TRUSTED: validators unknown, fingerprint …</c>, <c>FAILED: …</c> or
    /// <c>UNREADABLE: …</c>, the last two with the first failure that was met.
    /// </summary>
    public required string Summary { get; init; }

    /// <summary>Every check, in the order of <see cref="CheckNames.All"/> or, of an audit export, <see cref="CheckNames.OfAuditExport"/>.</summary>
    public required ImmutableArray<VerificationCheck> Checks { get; init; }

    /// <summary>The manifest, where it could be read. Nothing in it is true unless the verdict says so.</summary>
    public Manifest? Manifest { get; init; }

    /// <summary>What the file says it holds.</summary>
    public EvidenceContent? Content { get; init; }

    /// <summary>The stretches of time that are missing: the first <see cref="MaxGaps"/>. The manifest counts all.</summary>
    public ImmutableArray<GapLeaf> Gaps { get; init; } = [];

    /// <summary>The header of the block that holds the anchor's log.</summary>
    public BlockHeader? Block { get; init; }

    /// <summary>The anchor's index in the log.</summary>
    public ulong? LogIndex { get; init; }

    /// <summary>The validators that the file names.</summary>
    public ValidatorSet? Validators { get; init; }

    /// <summary>Chunks whose ciphertext was read and hashed.</summary>
    public ulong ChunksRead { get; init; }

    /// <summary>Bytes of ciphertext that were read and hashed.</summary>
    public ulong CipherBytesRead { get; init; }

    /// <summary>What an audit export holds; null of an evidence file.</summary>
    public AuditRange? Audit { get; init; }

    /// <summary>Gaps in <see cref="Gaps"/> at most.</summary>
    public const int MaxGaps = 10_000;

    /// <summary>The check of that name.</summary>
    public VerificationCheck this[string name] => Checks.First(check => check.Name == name);
}
