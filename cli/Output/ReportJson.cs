using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Files;
using Lucid.Evidence.Records;
using Lucid.Evidence.Verification;

namespace Lucid.Cli.Output;

/// <summary>A verification as scripts read it. Part of the CLI's contract: fields are added, never renamed.</summary>
internal sealed record ReportJson
{
    public required Verdict Verdict { get; init; }
    public required string Summary { get; init; }
    public required ImmutableArray<VerificationCheck> Checks { get; init; }
    public Guid? Session { get; init; }
    public Hash256? Network { get; init; }
    public EvidenceContent? Content { get; init; }
    public string? Recorder { get; init; }
    public string? RecorderKey { get; init; }
    public SessionOutcome? Outcome { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public BlockReference? NotOlderThan { get; init; }
    public BlockReference? NotNewerThan { get; init; }
    public ulong? LogIndex { get; init; }
    public string? ValidatorsFingerprint { get; init; }
    public ImmutableArray<GapJson> Gaps { get; init; }
    public ulong ChunksRead { get; init; }
    public ulong CipherBytesRead { get; init; }
    public AuditRange? Audit { get; init; }

    public static ReportJson Of(VerificationReport report) => new()
    {
        Verdict = report.Verdict,
        Summary = report.Summary,
        Checks = report.Checks,
        Session = report.Manifest?.Session,
        Network = report.Manifest?.Network ?? report.Audit?.Network,
        Content = report.Content,
        Recorder = report.Manifest?.Recorder.Name,
        RecorderKey = report.Manifest?.Recorder.Key.ToString(),
        Outcome = report.Manifest?.Outcome,
        StartedAt = report.Manifest?.StartedAt,
        EndedAt = report.Manifest?.EndedAt,
        NotOlderThan = report.Manifest?.AfterBlock,
        NotNewerThan = report.Block is { } block ? new BlockReference(block.Height, block.Id(), DateTimeOffset.FromUnixTimeMilliseconds((long)block.TimeMs)) : null,
        LogIndex = report.LogIndex,
        ValidatorsFingerprint = report.Validators?.Fingerprint,
        Gaps = [.. report.Gaps.Select(gap => new GapJson(gap.Track, gap.StartMs, gap.EndMs, gap.Cause))],
        ChunksRead = report.ChunksRead,
        CipherBytesRead = report.CipherBytesRead,
        Audit = report.Audit,
    };
}

internal sealed record GapJson(int Track, long StartMs, long EndMs, GapCause Cause);
