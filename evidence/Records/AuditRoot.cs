using System.Buffers.Binary;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Records;

/// <summary>
/// The ledger's entry for an audit log as it stood: <c>lucid.audit-root/1\n&lt;recorder key hex&gt;\n&lt;number&gt;\n&lt;size before&gt;\n&lt;root
/// before&gt;\n&lt;size&gt;\n&lt;root&gt;\n&lt;unix ms&gt;\n</c>. The roots of one log are numbered from 1 without a hole, and the ledger takes each number
/// once: so a log has one history, and nobody who deletes it can begin it anew.
/// </summary>
/// <param name="Recorder">The identity key of the node that keeps the log, and signs the transaction. There is one log for each.</param>
/// <param name="Number">From 1.</param>
/// <param name="SizeBefore">The size that the entry before states; 0 for the first.</param>
/// <param name="RootBefore">The root that the entry before states; zeros for the first.</param>
/// <param name="Size">Records in the log: more than <paramref name="SizeBefore"/>.</param>
/// <param name="Root">RFC 6962 root over their bytes.</param>
/// <param name="TimeMs">Unix time in milliseconds when the node stated it.</param>
public sealed record AuditRoot(Ed25519PublicKey Recorder, ulong Number, ulong SizeBefore, Hash256 RootBefore, ulong Size, Hash256 Root, long TimeMs)
    : LogEntry(IdOf(Number), Recorder)
{
    internal static ReadOnlySpan<byte> Kind => "lucid.audit-root/1"u8;

    /// <summary>
    /// What stands for the session in the entry's key: a number in the form of a UUID. Sessions cannot take the place, because the kind is a part
    /// of the key.
    /// </summary>
    public static Guid IdOf(ulong number)
    {
        Span<byte> id = stackalloc byte[16];
        id.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(id[8..], number);
        return new Guid(id, bigEndian: true);
    }

    /// <inheritdoc/>
    public override byte[] Encode() => new RecordWriter().Line(Kind).Hex(Recorder.Bytes).Line(Number).Line(SizeBefore).Line(RootBefore)
        .Line(Size).Line(Root).Line(TimeMs).ToArray();

    internal static AuditRoot Read(ref RecordReader reader)
    {
        reader.Literal(Kind);
        var root = new AuditRoot(
            new Ed25519PublicKey(reader.Hex("the recorder's key", Hash256.Size)), reader.Unsigned("the number of the root"),
            reader.Unsigned("the size before"), reader.Hash("the root before"), reader.Unsigned("the size"), reader.Hash("the root"), reader.Number("the time in ms"));
        var isFirst = root is { Number: 1, SizeBefore: 0 } && root.RootBefore == Hash256.Zero;
        if (!isFirst && (root.Number < 2 || root.SizeBefore == 0))
            throw new MalformedException("audit root", $"root number {root.Number} cannot follow a log of {root.SizeBefore} records");
        if (root.Size <= root.SizeBefore)
            throw new MalformedException("audit root", $"the log has {root.Size} records, and had {root.SizeBefore} before; it only ever grows");
        return root;
    }
}
