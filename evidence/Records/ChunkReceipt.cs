using Lucid.Evidence.Keys;
using Lucid.Evidence.Notes;

namespace Lucid.Evidence.Records;

/// <summary>
/// What storing a chunk answers: the recorder's promise that this leaf will be in the session's tree. A signed note over
/// <c>lucid.chunk-receipt/1\n&lt;network&gt;\n</c> and the leaf's own lines, by the recorder's identity key alone. Who keeps it can show
/// later that a chunk was dropped or changed.
/// </summary>
/// <param name="Network">The ledger that the session will be anchored in.</param>
/// <param name="Leaf">The chunk's leaf.</param>
public sealed record ChunkReceipt(Hash256 Network, ChunkLeaf Leaf)
{
    /// <summary>Lines of a receipt as a note: the text's, the empty one and the signature.</summary>
    private const int LineCount = 2 + ChunkLeaf.LineCount + 2;

    private const string Record = "chunk receipt";

    /// <summary>The text that is signed.</summary>
    public byte[] ToText() => new RecordWriter().Line("lucid.chunk-receipt/1"u8).Line(Network).Raw(Leaf.Encode()).ToArray();

    /// <summary>Signs the receipt.</summary>
    /// <param name="recorder">The recorder's name.</param>
    /// <param name="identity">Its identity key.</param>
    public SignedNote Sign(string recorder, Ed25519PrivateKey identity) => RecorderNote.Sign(ToText(), Network, recorder, identity);

    /// <summary>What a receipt says. Who signed it is for <see cref="FindFault"/>.</summary>
    /// <exception cref="MalformedException">The note's text is no receipt.</exception>
    public static ChunkReceipt Of(SignedNote note)
    {
        var reader = new RecordReader(Record, note.TextBytes);
        reader.Literal("lucid.chunk-receipt/1"u8);
        var network = reader.Hash("the network's id");
        var leaf = ChunkLeaf.ReadChunk(ref reader);
        reader.End();
        return new ChunkReceipt(network, leaf);
    }

    /// <summary>Why <paramref name="note"/> is not a receipt signed by that recorder, in one sentence; null where it is.</summary>
    /// <exception cref="MalformedException">The note's text is no receipt.</exception>
    public static string? FindFault(SignedNote note, string recorder, Ed25519PublicKey identity) =>
        RecorderNote.FindFault(note, Of(note).Network, recorder, identity);

    /// <summary>Reads receipts that a client kept one after the other in one file, such as the CLI does while it records.</summary>
    /// <exception cref="MalformedException">A note in it is none, or is cut off; the message counts receipts from 1.</exception>
    public static IEnumerable<SignedNote> ReadAll(ReadOnlyMemory<byte> file)
    {
        for (var count = 1; !file.IsEmpty; count++)
        {
            var length = LengthOfFirst(file.Span, count);
            yield return SignedNote.Parse(file.Span[..length]);
            file = file[length..];
        }
    }

    private static int LengthOfFirst(ReadOnlySpan<byte> bytes, int count)
    {
        var length = 0;
        for (var line = 0; line < LineCount; line++)
        {
            var end = bytes[length..].IndexOf((byte)'\n');
            if (end < 0)
                throw new MalformedException("chunk receipts", $"receipt {count} is cut off in its line {line + 1}");
            length += end + 1;
        }
        return length;
    }
}
