using System.Buffers.Binary;
using System.Text;

namespace Lucid.Evidence.Notes;

/// <summary>
/// One signature line of a <see cref="SignedNote"/>: who says to have signed, and the signature. What it means is for the key with
/// that name and id to say; a verifier that does not know the key passes over the line.
/// </summary>
public sealed class NoteSignature
{
    internal const int KeyIdSize = 4;

    /// <summary>What a signature line begins with: an em dash and a space.</summary>
    internal static ReadOnlySpan<byte> LineStart => "— "u8;

    /// <param name="name">A key name (<see cref="NoteVerifierKey.IsName"/>).</param>
    /// <param name="keyId">The first four bytes, big-endian, of the hash that names the key.</param>
    /// <param name="value">What follows the key id: at least one byte, laid out as the key's type says.</param>
    public NoteSignature(string name, uint keyId, ReadOnlySpan<byte> value)
    {
        NoteVerifierKey.RequireName(name);
        if (value.IsEmpty)
            throw new ArgumentException("A signature has at least one byte.", nameof(value));
        Name = name;
        Raw = new byte[KeyIdSize + value.Length];
        BinaryPrimitives.WriteUInt32BigEndian(Raw, keyId);
        value.CopyTo(Raw.AsSpan(KeyIdSize));
    }

    private NoteSignature(string name, byte[] raw) => (Name, Raw) = (name, raw);

    /// <summary>The name of the key.</summary>
    public string Name { get; }

    /// <summary>The short id of the key; together with <see cref="Name"/> it says which key and which algorithm.</summary>
    public uint KeyId => BinaryPrimitives.ReadUInt32BigEndian(Raw);

    /// <summary>The signature, without the key id.</summary>
    public ReadOnlySpan<byte> Value => Raw.AsSpan(KeyIdSize);

    // The key id and the value in one array, so that verification needs no copy.
    internal byte[] Raw { get; }

    /// <summary>The line, without its end: <c>— name base64(key id ‖ value)</c>.</summary>
    public override string ToString() => $"— {Name} {Convert.ToBase64String(Raw)}";

    // Reads one line, without its end, of a note that is known to be UTF-8 without control characters; null if it is no signature line.
    internal static NoteSignature? TryParse(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith(LineStart))
            return null;
        line = line[LineStart.Length..];
        var space = line.IndexOf((byte)' ');
        if (space < 0)
            return null;
        var name = Encoding.UTF8.GetString(line[..space]);
        return NoteVerifierKey.IsName(name) && CanonicalBase64.TryDecode(line[(space + 1)..], out var raw) && raw.Length > KeyIdSize
            ? new NoteSignature(name, raw)
            : null;
    }
}
