using Lucid.Evidence.Keys;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Tests.Support;

/// <summary>Records with fixed values, for tests that need one and do not care which.</summary>
public static class SampleRecords
{
    public static Guid Session { get; } = Guid.Parse("0199c0de-1234-7abc-8def-0123456789ab");

    public static Hash256 Network { get; } = Hash256.Of("network"u8);

    /// <summary>A key that is the same in every run, one for each name.</summary>
    public static Ed25519PrivateKey Key(string name) => new(Hash256.Of(System.Text.Encoding.UTF8.GetBytes($"test key {name}")).ToArray());

    public static ChunkLeaf Chunk(ulong index = 3) =>
        new(Session, index, 0, 15_000, 20_000, ChunkCodec.Gzip, 1_048_576, 1_049_000, Hash256.Of("chunk root"u8));

    public static GapLeaf Gap(ulong index = 4) => new(Session, index, 1, 20_000, 26_500, GapCause.NodeDown);

    public static Manifest Manifest() => new()
    {
        Network = Network,
        Session = Session,
        Owner = "local",
        OwnerSalt = Hash256.Of("salt"u8),
        StartedAt = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
        EndedAt = new DateTimeOffset(2026, 1, 31, 12, 1, 2, 345, TimeSpan.Zero),
        Recorder = new ManifestRecorder("alpha", Key("recorder").PublicKey, "lucid 0.1.0"),
        PolicyHash = Hash256.Zero,
        Outcome = SessionOutcome.Closed,
        Continues = null,
        LeafCount = 3,
        ChunkCount = 2,
        GapCount = 1,
        PlainBytes = 2_000_000,
        CipherBytes = 1_900_000,
        GapMs = 6_500,
        DurationMs = 62_345,
        SessionRoot = Hash256.Of("session root"u8),
        KeyCommitment = Hash256.Of("key commitment"u8),
        AfterBlock = new BlockReference(7, Hash256.Of("block 7"u8), new DateTimeOffset(2026, 1, 31, 12, 0, 55, 1, TimeSpan.Zero)),
        Tracks = [new ManifestTrack(0, "application/octet-stream", "picture.bin"), new ManifestTrack(1, "application/x-asciicast", "")],
    };
}
