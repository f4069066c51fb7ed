using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lucid.Evidence.Keys;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>
/// A TRON address: the byte 0x41 and the last 20 bytes of the Keccak-256 of a secp256k1 public key, in Base58Check (TRON's protocol document,
/// "Account"). Its one text has 34 characters and begins with T. The default value is the address of 20 zero bytes, whose key nobody knows.
/// </summary>
[JsonConverter(typeof(WalletAddressJsonConverter))]
public readonly struct WalletAddress : IEquatable<WalletAddress>
{
    /// <summary>Characters in an address.</summary>
    public const int Length = 34;

    private const byte Version = 0x41;
    private const int Size = 1 + Secp256k1PublicKey.AccountIdSize;

    private readonly ulong _a, _b;
    private readonly uint _c;

    private WalletAddress(ReadOnlySpan<byte> accountId)
    {
        _a = BinaryPrimitives.ReadUInt64BigEndian(accountId);
        _b = BinaryPrimitives.ReadUInt64BigEndian(accountId[8..]);
        _c = BinaryPrimitives.ReadUInt32BigEndian(accountId[16..]);
    }

    /// <summary>The address of whoever has the key's private half.</summary>
    public static WalletAddress Of(Secp256k1PublicKey key) => new(key.AccountId());

    /// <summary>Reads the one text of an address.</summary>
    /// <exception cref="FormatException">Anything else. The message says what was found, what is wrong with it and what to do.</exception>
    public static WalletAddress Parse(string? text) =>
        Read(text, out var address) is { } problem
            ? throw new FormatException(
                $"'{Shorten(text)}' is not a TRON address: {problem}. One has {Length} characters and begins with T; copy it from the wallet whole.")
            : address;

    /// <summary>As <see cref="Parse"/>, without the exception.</summary>
    public static bool TryParse(string? text, out WalletAddress address) => Read(text, out address) is null;

    public bool Equals(WalletAddress other) => _a == other._a && _b == other._b && _c == other._c;
    public override bool Equals(object? obj) => obj is WalletAddress other && Equals(other);
    public override int GetHashCode() => HashCode.Combine(_a, _b, _c);
    public static bool operator ==(WalletAddress left, WalletAddress right) => left.Equals(right);
    public static bool operator !=(WalletAddress left, WalletAddress right) => !left.Equals(right);

    /// <summary>34 characters: the text that <see cref="Parse"/> reads.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[1..], _a);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[9..], _b);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[17..], _c);
        return Base58Check.Encode(bytes);
    }

    private static string? Read(string? text, out WalletAddress address)
    {
        address = default;
        if (text is null || text.Length != Length)
            return $"it has {text?.Length ?? 0} characters";
        if (text[0] != 'T')
            return $"it begins with '{text[0]}'";
        if (Base58Check.Read(text, out var problem) is not { } bytes)
            return problem;
        if (bytes.Length != Size || bytes[0] != Version)
            return "it is an address of another network";
        address = new WalletAddress(bytes.AsSpan(1));
        return null;
    }

    private static string? Shorten(string? text) => text is { Length: > 80 } ? $"{text[..80]}…" : text;
}

/// <summary>An address as its text in JSON.</summary>
public sealed class WalletAddressJsonConverter : JsonConverter<WalletAddress>
{
    public override WalletAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return WalletAddress.Parse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null);
        }
        catch (FormatException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, WalletAddress value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
