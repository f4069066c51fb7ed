using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Notes;

/// <summary>What a key's signatures in notes mean: the signature type identifiers of C2SP signed-note that Lucid reads and writes.</summary>
public enum NoteKeyType
{
    /// <summary>A plain Ed25519 signature over the note text.</summary>
    Ed25519 = 0x01,

    /// <summary>A timestamped Ed25519 cosignature of a checkpoint (C2SP tlog-cosignature).</summary>
    Cosignature = 0x04,
}

/// <summary>
/// A public key that verifies signatures of notes, and the name it goes by (C2SP signed-note, "Verifier keys"). Its text, the vkey, is
/// <c>name+keyid+base64(type ‖ public key)</c>.
/// </summary>
public sealed class NoteVerifierKey : IEquatable<NoteVerifierKey>
{
    private const string Record = "verifier key";

    private NoteVerifierKey(string name, NoteKeyType type, Ed25519PublicKey publicKey)
    {
        Name = name;
        Type = type;
        PublicKey = publicKey;
        KeyId = IdOf(name, type, publicKey);
    }

    /// <summary>The name that the key's signature lines carry.</summary>
    public string Name { get; }

    /// <summary>What its signatures mean.</summary>
    public NoteKeyType Type { get; }

    /// <summary>
    /// The first four bytes, big-endian, of SHA-256(name ‖ 0x0A ‖ type ‖ public key). Not a strong hash: it finds the key, it proves
    /// nothing.
    /// </summary>
    public uint KeyId { get; }

    public Ed25519PublicKey PublicKey { get; }

    /// <summary>Whether <paramref name="name"/> can name a key: not empty, and without spaces of any kind, plus signs, control characters.</summary>
    public static bool IsName(string name)
    {
        foreach (var character in name)
        {
            if (character is '+' or < ' ' || char.IsWhiteSpace(character))
                return false;
        }
        return name.Length > 0;
    }

    /// <summary>The verifier key of <paramref name="publicKey"/> under a name.</summary>
    /// <exception cref="ArgumentException">The name cannot name a key, or the type is none of ours.</exception>
    public static NoteVerifierKey For(string name, NoteKeyType type, Ed25519PublicKey publicKey)
    {
        RequireName(name);
        if (!Enum.IsDefined(type))
            throw new ArgumentOutOfRangeException(nameof(type), type, "Lucid knows the types 0x01 and 0x04.");
        return new NoteVerifierKey(name, type, publicKey);
    }

    /// <summary>Reads a vkey: canonical base 64, lower-case key id, and the id is that of this name and key.</summary>
    /// <exception cref="MalformedException">Anything else, also a key of a type that Lucid does not verify.</exception>
    public static NoteVerifierKey Parse(string vkey)
    {
        // The name holds no plus, but base 64 may: only the first two separate.
        var parts = vkey.Split('+', 3);
        if (parts.Length != 3 || !IsName(parts[0]))
            throw new MalformedException(Record, "expected name+keyid+key");
        if (parts[1].Length != 8 || !parts[1].All(char.IsAsciiHexDigitLower) ||
            !uint.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id))
            throw new MalformedException(Record, $"the key id of '{parts[0]}' is not 8 lower-case hexadecimal digits");
        if (!CanonicalBase64.TryDecode(Encoding.UTF8.GetBytes(parts[2]), out var material) || material.Length == 0)
            throw new MalformedException(Record, $"the key of '{parts[0]}' is not base 64");
        var type = (NoteKeyType)material[0];
        if (!Enum.IsDefined(type))
            throw new MalformedException(Record, $"'{parts[0]}' is of type 0x{material[0]:x2}; Lucid verifies 0x01 and 0x04");
        if (material.Length != 33)
            throw new MalformedException(Record, $"'{parts[0]}' holds {material.Length - 1} bytes of key; an Ed25519 key has 32");
        var key = new NoteVerifierKey(parts[0], type, new Ed25519PublicKey(material.AsSpan(1)));
        return key.KeyId == id
            ? key
            : throw new MalformedException(Record, $"'{parts[0]}' says key id {parts[1]}, but name and key give {key.KeyId:x8}");
    }

    /// <summary>Whether <paramref name="signature"/> carries this key's name and id, so that this key must verify it.</summary>
    public bool Matches(NoteSignature signature) => signature.KeyId == KeyId && signature.Name == Name;

    public bool Equals(NoteVerifierKey? other) =>
        other is not null && Name == other.Name && Type == other.Type && PublicKey.Equals(other.PublicKey);
    public override bool Equals(object? obj) => Equals(obj as NoteVerifierKey);
    public override int GetHashCode() => HashCode.Combine(Name, KeyId);

    /// <summary>The vkey.</summary>
    public override string ToString() => $"{Name}+{KeyId:x8}+{Convert.ToBase64String([(byte)Type, .. PublicKey.Bytes])}";

    internal static void RequireName(string name)
    {
        if (!IsName(name))
            throw new ArgumentException($"'{name}' is not a key name: it is empty or holds a space, a plus or a control character.", nameof(name));
    }

    private static uint IdOf(string name, NoteKeyType type, Ed25519PublicKey key)
    {
        Span<byte> hash = stackalloc byte[Hash256.Size];
        SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', (byte)type, .. key.Bytes], hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}
