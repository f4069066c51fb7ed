using Lucid.Evidence.Keys;
using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Records;

/// <summary>What the ledger's log holds: the anchor of a session, the record that its key was destroyed, or the root of a node's audit log.</summary>
/// <param name="Session">The session; of an audit root <see cref="AuditRoot.IdOf"/> its number.</param>
/// <param name="Recorder">The identity key of the recorder, which also signs the transaction that brings the entry.</param>
public abstract record LogEntry(Guid Session, Ed25519PublicKey Recorder)
{
    /// <summary>The entry's bytes: what the log's tree hashes and what its entry bundles serve.</summary>
    public abstract byte[] Encode();

    /// <summary>The entry's hash in the log's tree: RFC 6962, of <see cref="Encode"/>.</summary>
    public Hash256 Hash() => MerkleHash.Leaf(Encode());

    /// <summary>Reads exactly one entry.</summary>
    /// <exception cref="MalformedException">These are not the bytes of one as <see cref="Encode"/> writes it.</exception>
    public static LogEntry Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("log entry", bytes);
        var entry = ReadAny(ref reader);
        reader.End();
        return entry;
    }

    /// <summary>Reads the entry where the reader stands.</summary>
    internal static LogEntry ReadAny(ref RecordReader reader) =>
        reader.NextIs(Erasure.Kind) ? Erasure.Read(ref reader)
        : reader.NextIs(AuditRoot.Kind) ? AuditRoot.Read(ref reader)
        : Anchor.Read(ref reader);

    private protected RecordWriter WriteHead(ReadOnlySpan<byte> kind, Hash256 manifest) =>
        new RecordWriter().Line(kind).Line(Session).Hex(Recorder.Bytes).Line(manifest);

    private protected static (Guid Session, Ed25519PublicKey Recorder, Hash256 ManifestHash) ReadHead(ref RecordReader reader) =>
        (reader.Session(), new Ed25519PublicKey(reader.Hex("the recorder's key", Hash256.Size)), reader.Hash("the manifest's hash"));
}

/// <summary>
/// The ledger's entry for one closed session by one recorder:
/// <c>lucid.anchor/1\n&lt;session&gt;\n&lt;recorder key hex&gt;\n&lt;manifest sha256&gt;\n&lt;session root&gt;\n&lt;owner
/// commitment&gt;\n&lt;started&gt;\n&lt;leaf count&gt;\n</c>.
/// </summary>
/// <param name="ManifestHash">SHA-256 of the manifest's bytes.</param>
/// <param name="SessionRoot">RFC 6962 root over the session's leaves.</param>
/// <param name="OwnerCommitment">See <see cref="Records.OwnerCommitment"/>.</param>
/// <param name="StartedMs">When the session started, Unix time in milliseconds.</param>
/// <param name="LeafCount">Chunks and gaps.</param>
public sealed record Anchor(
    Guid Session, Ed25519PublicKey Recorder, Hash256 ManifestHash, Hash256 SessionRoot, Hash256 OwnerCommitment, long StartedMs,
    ulong LeafCount)
    : LogEntry(Session, Recorder)
{
    internal static ReadOnlySpan<byte> Kind => "lucid.anchor/1"u8;

    /// <summary>The anchor of a manifest. Every field follows from the manifest's bytes, so whoever has those can rebuild it.</summary>
    /// <param name="manifestBytes">The exact bytes that <paramref name="manifest"/> was read from.</param>
    public static Anchor Of(Manifest manifest, ReadOnlySpan<byte> manifestBytes) =>
        new(
            manifest.Session, manifest.Recorder.Key, Hash256.Of(manifestBytes), manifest.SessionRoot,
            Records.OwnerCommitment.Of(manifest.OwnerSalt, manifest.Owner), manifest.StartedAt.ToUnixTimeMilliseconds(), manifest.LeafCount);

    /// <inheritdoc/>
    public override byte[] Encode() =>
        WriteHead(Kind, ManifestHash).Line(SessionRoot).Line(OwnerCommitment).Line(StartedMs).Line(LeafCount).ToArray();

    internal static Anchor Read(ref RecordReader reader)
    {
        reader.Literal(Kind);
        var (session, recorder, manifest) = ReadHead(ref reader);
        return new Anchor(
            session, recorder, manifest, reader.Hash("the session root"), reader.Hash("the owner commitment"),
            reader.Number("the start in ms"), reader.Unsigned("the number of leaves"));
    }
}

/// <summary>
/// That every copy of a session's key was destroyed, and when: what is left of the recording can be proved but not read.
/// <c>lucid.erasure/1\n&lt;session&gt;\n&lt;recorder key hex&gt;\n&lt;manifest sha256&gt;\n&lt;erased unix ms&gt;\n</c>.
/// </summary>
/// <param name="ManifestHash">SHA-256 of the manifest's bytes.</param>
/// <param name="ErasedMs">Unix time in milliseconds.</param>
public sealed record Erasure(Guid Session, Ed25519PublicKey Recorder, Hash256 ManifestHash, long ErasedMs)
    : LogEntry(Session, Recorder)
{
    internal static ReadOnlySpan<byte> Kind => "lucid.erasure/1"u8;

    /// <inheritdoc/>
    public override byte[] Encode() => WriteHead(Kind, ManifestHash).Line(ErasedMs).ToArray();

    internal static Erasure Read(ref RecordReader reader)
    {
        reader.Literal(Kind);
        var (session, recorder, manifest) = ReadHead(ref reader);
        return new Erasure(session, recorder, manifest, reader.Number("the time of erasure in ms"));
    }
}
