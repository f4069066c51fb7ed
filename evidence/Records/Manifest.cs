using System.Collections.Immutable;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;

namespace Lucid.Evidence.Records;

/// <summary>How a session ended.</summary>
public enum SessionOutcome
{
    /// <summary>It was stopped.</summary>
    Closed,

    /// <summary>It fell silent and was closed for it.</summary>
    Interrupted,
}

/// <summary>
/// The description of a closed session, as JSON. The SHA-256 of its stored bytes is what the recorder signs and the ledger anchors;
/// nothing is serialised again to verify it.
/// </summary>
/// <remarks>
/// A manifest has one encoding: the fields in the order of the properties here, snake_case, two spaces of indentation, U+000A after every
/// line, UTF-8, in strings only <c>"</c> and <c>\</c> escaped, times as <c>2026-01-31T12:00:00.000Z</c>. <see cref="Parse"/> refuses any
/// other.
/// </remarks>
public sealed record Manifest
{
    /// <summary>The first field's value.</summary>
    public const string Format = "lucid.manifest/1";

    /// <summary>No manifest is longer than this, in bytes: with 256 tracks of the longest names it stays below.</summary>
    public const int MaxLength = 512 * 1024;

    /// <summary>The largest number a manifest holds, 2^53 - 1: what every JSON reader holds exactly.</summary>
    public const long MaxNumber = Leaf.MaxMs;

    /// <summary>The ledger that it is for.</summary>
    public required Hash256 Network { get; init; }

    /// <summary>The session.</summary>
    public required Guid Session { get; init; }

    /// <summary>Whose recording it is: 1 to 256 bytes without control characters.</summary>
    public required string Owner { get; init; }

    /// <summary>32 random bytes that hide the owner in the public log; see <see cref="OwnerCommitment"/>.</summary>
    public required Hash256 OwnerSalt { get; init; }

    /// <summary>When it started by the recorder's clock: UTC, whole milliseconds.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended by the recorder's clock: UTC, whole milliseconds, not before the start.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>Who recorded it.</summary>
    public required ManifestRecorder Recorder { get; init; }

    /// <summary>SHA-256 of the policy that the session ran under; zero where there was none.</summary>
    public required Hash256 PolicyHash { get; init; }

    /// <summary>How it ended: <c>closed</c> or <c>interrupted</c>.</summary>
    public required SessionOutcome Outcome { get; init; }

    /// <summary>The interrupted session that this one continues, or null.</summary>
    public required Guid? Continues { get; init; }

    /// <summary>Chunks and gaps.</summary>
    public required ulong LeafCount { get; init; }

    public required ulong ChunkCount { get; init; }

    public required ulong GapCount { get; init; }

    /// <summary>Bytes of plaintext in all chunks, at most <see cref="MaxNumber"/>.</summary>
    public required ulong PlainBytes { get; init; }

    /// <summary>Bytes of ciphertext in all chunks, at most <see cref="MaxNumber"/>.</summary>
    public required ulong CipherBytes { get; init; }

    /// <summary>The lengths of all gaps added up, in ms.</summary>
    public required long GapMs { get; init; }

    /// <summary>The latest end of any leaf, in ms since the session's start: how long the recording is on its own time line.</summary>
    public required long DurationMs { get; init; }

    /// <summary>RFC 6962 root over the leaves; that of the empty tree where there is none.</summary>
    public required Hash256 SessionRoot { get; init; }

    /// <summary>What a key file is checked against before anything is decrypted with it.</summary>
    public required Hash256 KeyCommitment { get; init; }

    /// <summary>The latest final block that the recorder knew when it made the manifest: the manifest is not older than that
    /// block.</summary>
    public required BlockReference AfterBlock { get; init; }

    /// <summary>What the tracks hold: 1 to 256, ascending by index.</summary>
    public required ImmutableArray<ManifestTrack> Tracks { get; init; }

    /// <summary>This manifest with the counts, totals and root of its leaves.</summary>
    public Manifest WithLeaves(LeafTotals totals, Hash256 sessionRoot) => this with
    {
        LeafCount = totals.Leaves,
        ChunkCount = totals.Chunks,
        GapCount = totals.Gaps,
        PlainBytes = totals.PlainBytes,
        CipherBytes = totals.CipherBytes,
        GapMs = totals.GapMs,
        DurationMs = totals.DurationMs,
        SessionRoot = sessionRoot,
    };

    /// <summary>The manifest's bytes.</summary>
    /// <exception cref="InvalidOperationException">A field is not what its documentation allows, so that no parser would read it
    /// back.</exception>
    public byte[] Encode()
    {
        if (FindFault() is { } fault)
            throw new InvalidOperationException($"This is no manifest: {fault}.");
        return ManifestJson.Write(this);
    }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="MalformedException">These are not the bytes of a manifest as <see cref="Encode"/> writes it.</exception>
    public static Manifest Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength)
            throw new MalformedException("manifest", $"it has {bytes.Length} bytes, at most {MaxLength} are allowed");
        var manifest = ManifestJson.Read(bytes);
        if (manifest.FindFault() is { } fault)
            throw new MalformedException("manifest", fault);
        var again = ManifestJson.Write(manifest);
        if (bytes.SequenceEqual(again))
            return manifest;
        var same = bytes.CommonPrefixLength(again);
        throw new MalformedException("manifest", $"line {bytes[..same].Count((byte)'\n') + 1}: not written as a manifest is (byte {same})");
    }

    /// <summary>What is wrong with the values, or null.</summary>
    private string? FindFault()
    {
        if (RecordText.Problem(Owner, 1, Records.OwnerCommitment.MaxOwnerLength) is { } owner)
            return $"owner: {owner}";
        if (FindTimeFault(StartedAt) is { } started)
            return $"started_at: {started}";
        if (FindTimeFault(EndedAt) is { } ended)
            return $"ended_at: {ended}";
        if (EndedAt < StartedAt)
            return "ended_at is before started_at";
        if (Recorder.FindFault() is { } recorder)
            return $"recorder: {recorder}";
        if (!Enum.IsDefined(Outcome))
            return "outcome is neither closed nor interrupted";
        if (Continues == Session)
            return "continues names the session itself";
        return FindCountFault() ?? FindAfterBlockFault() ?? FindTrackFault();
    }

    private string? FindCountFault()
    {
        if (LeafCount > Leaf.MaxIndex + 1 || ChunkCount > LeafCount || GapCount != LeafCount - ChunkCount)
            return $"leaf_count {LeafCount} is not chunk_count {ChunkCount} plus gap_count {GapCount}";
        if (PlainBytes > MaxNumber || CipherBytes > MaxNumber)
            return $"plain_bytes and cipher_bytes are at most {MaxNumber}";
        if (GapMs is < 0 or > MaxNumber || DurationMs is < 0 or > MaxNumber)
            return $"gap_ms and duration_ms lie between 0 and {MaxNumber}";
        return null;
    }

    private string? FindAfterBlockFault()
    {
        if (AfterBlock.Height > MaxNumber)
            return $"after_block: the height is at most {MaxNumber}";
        if (AfterBlock.Height == 0 && AfterBlock.Id != Network)
            return "after_block: before the first block the id is the network's";
        return FindTimeFault(AfterBlock.Time) is { } time ? $"after_block: time: {time}" : null;
    }

    private string? FindTrackFault()
    {
        if (Tracks.IsDefault || Tracks.Length is < 1 or > Leaf.MaxTrack + 1)
            return $"tracks has 1 to {Leaf.MaxTrack + 1} elements";
        for (var i = 0; i < Tracks.Length; i++)
        {
            if (Tracks[i].FindFault() is { } fault)
                return $"tracks, element {i}: {fault}";
            if (i > 0 && Tracks[i].Index <= Tracks[i - 1].Index)
                return $"tracks, element {i}: indices ascend";
        }
        return null;
    }

    private static string? FindTimeFault(DateTimeOffset time)
    {
        if (time.Offset != TimeSpan.Zero || time.Ticks % TimeSpan.TicksPerMillisecond != 0)
            return "a time is in UTC and has whole milliseconds";
        return time < DateTimeOffset.UnixEpoch ? "a time is not before 1970" : null;
    }
}

/// <summary>Who recorded a session.</summary>
/// <param name="Name">The node's name, as its notes are signed: see <see cref="LedgerName"/>.</param>
/// <param name="Key">Its identity key, which signs the manifest and the anchor's transaction.</param>
/// <param name="Software">What it ran, such as "lucid 0.1.0": 1 to 128 bytes.</param>
public sealed record ManifestRecorder(string Name, Ed25519PublicKey Key, string Software)
{
    internal string? FindFault()
    {
        if (!LedgerName.IsValid(Name))
            return $"name: it has 1 to {LedgerName.MaxLength} of a-z 0-9 - . _";
        return RecordText.Problem(Software, 1, 128) is { } software ? $"software: {software}" : null;
    }
}

/// <summary>A block, named so that it can be checked against its header.</summary>
/// <param name="Height">From 1; 0 stands for the time before the first block.</param>
/// <param name="Id">SHA-256 of its header; the network's id before the first block.</param>
/// <param name="Time">The header's time; the genesis time before the first block.</param>
public sealed record BlockReference(ulong Height, Hash256 Id, DateTimeOffset Time);

/// <summary>What one track of a session holds, so that a player knows.</summary>
/// <param name="Index">0 to 255, as the leaves name it.</param>
/// <param name="MediaType">Such as application/octet-stream or application/x-asciicast: 3 to 127 bytes with a '/'.</param>
/// <param name="Name">Of the file or command, where there is one, else empty: at most 255 bytes.</param>
public sealed record ManifestTrack(int Index, string MediaType, string Name)
{
    internal string? FindFault()
    {
        if (Index is < 0 or > Leaf.MaxTrack)
            return $"index is a number from 0 to {Leaf.MaxTrack}";
        if (RecordText.Problem(MediaType, 3, 127) is { } type)
            return $"media_type: {type}";
        if (!MediaType.Contains('/', StringComparison.Ordinal))
            return "media_type holds no '/'";
        return RecordText.Problem(Name, 0, 255) is { } name ? $"name: {name}" : null;
    }
}
