using System.Text;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Ledger;

/// <summary>One validator. Its line is `&lt;name&gt; &lt;identity key hex&gt; &lt;cosigning key hex&gt;`.</summary>
/// <param name="Name">See <see cref="LedgerName"/>.</param>
/// <param name="Identity">Signs proposals and votes; its 64 hexadecimal digits are the node's id.</param>
/// <param name="Cosigning">Signs checkpoints. Another key than the identity, so that no signature of one kind can stand for the other.</param>
public sealed record Validator(string Name, Ed25519PublicKey Identity, Ed25519PublicKey Cosigning)
{
    /// <summary>The node's id: the identity key as 64 lower-case hexadecimal digits.</summary>
    public string NodeId => Identity.ToString();

    internal void Write(RecordWriter writer) => writer.Line($"{Name} {Identity} {Cosigning}");

    internal static Validator Read(ref RecordReader reader)
    {
        var line = reader.Line();
        Span<Range> parts = stackalloc Range[4];
        if (line.Length > 256)
            throw Refuse(reader, line);
        var text = Encoding.UTF8.GetString(line);
        if (text.AsSpan().Split(parts, ' ') != 3 || !LedgerName.IsValid(text.AsSpan()[parts[0]]) ||
            ReadKey(text.AsSpan()[parts[1]]) is not { } identity || ReadKey(text.AsSpan()[parts[2]]) is not { } cosigning)
            throw Refuse(reader, line);
        return new Validator(text[parts[0]], identity, cosigning);
    }

    private static Ed25519PublicKey? ReadKey(ReadOnlySpan<char> hex) =>
        Hash256.TryParse(hex, out var bytes) ? new Ed25519PublicKey(bytes.ToArray()) : null;

    private static MalformedException Refuse(in RecordReader reader, ReadOnlySpan<byte> line) =>
        reader.Refuse("a validator, '<name> <identity key> <cosigning key>' with keys of 64 lower-case hexadecimal digits", line);
}
