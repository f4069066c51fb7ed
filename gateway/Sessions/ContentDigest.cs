using System.Buffers.Binary;
using Lucid.Evidence;
using Lucid.Evidence.Compression;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Recording;
using Microsoft.Extensions.Primitives;

namespace Lucid.Gateway.Sessions;

/// <summary>
/// The header Content-Digest of RFC 9530: a dictionary (RFC 9651) of algorithm names and byte sequences. Algorithms other than sha-256
/// and crc32c are ignored, as the RFC wants; what is not such a dictionary is refused, because whoever sends a digest wants it checked.
/// </summary>
internal static class ContentDigest
{
    private const string Example = "Content-Digest has to be written like sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";

    /// <returns>What the header says of the body in a way that can be checked here; null where it says nothing of it.</returns>
    /// <exception cref="ApiException">Malformed.</exception>
    public static BodyDigest? Parse(StringValues header)
    {
        var found = new BodyDigest(null, null);
        foreach (var line in header)
        {
            // Several lines are one dictionary; a key that comes again replaces what it said before.
            for (var rest = line.AsSpan().Trim(' '); !rest.IsEmpty;)
            {
                found = ReadMember(found, ref rest);
            }
        }
        return found is { Sha256: null, Crc32c: null } ? null : found;
    }

    private static BodyDigest ReadMember(BodyDigest found, ref ReadOnlySpan<char> rest)
    {
        var keyLength = rest.IndexOfAnyExcept(KeyCharacters);
        if (keyLength <= 0 || !(char.IsAsciiLetterLower(rest[0]) || rest[0] == '*') || !rest[keyLength..].StartsWith("=:"))
            throw Malformed();
        var key = rest[..keyLength];
        rest = rest[(keyLength + 2)..];
        var end = rest.IndexOf(':');
        if (end < 0)
            throw Malformed();
        var encoded = rest[..end];
        rest = SkipParameters(rest[(end + 1)..]).TrimStart(" \t");
        if (!rest.IsEmpty)
        {
            if (rest[0] != ',' || (rest = rest[1..].TrimStart(" \t")).IsEmpty)
                throw Malformed();
        }
        return Decode(found, key, encoded);
    }

    private static BodyDigest Decode(BodyDigest found, ReadOnlySpan<char> key, ReadOnlySpan<char> encoded)
    {
        // The longest digest registered has 64 bytes; 256 leaves room for others that we only skip.
        Span<byte> bytes = stackalloc byte[256];
        if (encoded.ContainsAny(" \t\r\n") || !Convert.TryFromBase64Chars(encoded, bytes, out var length))
            throw Malformed();
        return key switch
        {
            "sha-256" => found with { Sha256 = new Hash256(Sized("SHA-256", bytes[..length], Hash256.Size)) },
            "crc32c" => found with { Crc32c = BinaryPrimitives.ReadUInt32BigEndian(Sized("CRC-32C", bytes[..length], Crc32c.Size)) },
            _ => found,
        };
    }

    private static ReadOnlySpan<byte> Sized(string name, ReadOnlySpan<byte> digest, int size) => digest.Length == size
        ? digest
        : throw new ApiException(ErrorTable.BadFormat, $"Content-Digest: a {name} has {size} bytes, not {digest.Length}.");

    /// <summary>Parameters of a member mean nothing to us; tokens, numbers and booleans are skipped, quoted strings refused (no digest has any).</summary>
    private static ReadOnlySpan<char> SkipParameters(ReadOnlySpan<char> rest)
    {
        while (rest.StartsWith(";"))
        {
            rest = rest[1..].TrimStart(' ');
            var name = rest.IndexOfAnyExcept(KeyCharacters);
            if (name < 0)
                name = rest.Length;
            if (name == 0 || !(char.IsAsciiLetterLower(rest[0]) || rest[0] == '*'))
                throw Malformed();
            rest = rest[name..];
            if (!rest.StartsWith("="))
                continue;
            var value = rest[1..].IndexOfAnyExcept(BareItemCharacters);
            value = value < 0 ? rest.Length - 1 : value;
            if (value == 0)
                throw Malformed();
            rest = rest[(1 + value)..];
        }
        return rest;
    }

    private static readonly System.Buffers.SearchValues<char> KeyCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.*");

    private static readonly System.Buffers.SearchValues<char> BareItemCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.*?:/+!#$%&'^`|~=");

    private static ApiException Malformed() => new(ErrorTable.BadFormat, Example);
}
