using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>
/// A JWK set (RFC 7517 section 5) of keys for ES256, and of no others: what this reads is what it writes, member for member, though in any
/// order. A key for another use or algorithm, with a private part, or with a member that nobody knows here refuses the whole set.
/// </summary>
/// <param name="Keys">No two of one name; at most <see cref="MaxKeys"/>.</param>
public sealed record JsonWebKeySet(ImmutableArray<JsonWebKey> Keys)
{
    public const int MaxKeys = 100;

    /// <summary>Bytes of a set at most.</summary>
    public const int MaxBytes = 64 * 1024;

    [Flags]
    private enum Members
    {
        None = 0,
        Kty = 1,
        Crv = 2,
        X = 4,
        Y = 8,
        Use = 16,
        Alg = 32,
        Kid = 64,
        All = 127,
    }

    /// <exception cref="FormatException">Anything that <see cref="Render"/> would not have written.</exception>
    public static JsonWebKeySet Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxBytes)
            throw new FormatException($"A key set has at most {MaxBytes} bytes.");
        try
        {
            return Read(json);
        }
        catch (JsonException malformed)
        {
            throw new FormatException($"Not a key set as this version writes it: {malformed.Message}", malformed);
        }
    }

    /// <summary>As /.well-known/jwks.json has it.</summary>
    public byte[] Render()
    {
        var text = new StringBuilder("{\"keys\":[");
        // Names and coordinates need no escapes: the key's constructor has seen to that.
        text.AppendJoin(',', Keys.Select(key => $$"""{"kty":"EC","crv":"P-256","x":"{{key.X}}","y":"{{key.Y}}","use":"sig","alg":"ES256","kid":"{{key.KeyId}}"}"""));
        return Encoding.ASCII.GetBytes(text.Append("]}").ToString());
    }

    private static JsonWebKeySet Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        FlatObject.Begin(ref reader);
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName || reader.ValueIsEscaped || !reader.ValueSpan.SequenceEqual("keys"u8) ||
            !reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("keys is missing.");
        var keys = ImmutableArray.CreateBuilder<JsonWebKey>();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            keys.Add(ReadKey(ref reader));
            if (keys.Count > MaxKeys)
                throw new FormatException($"A key set has at most {MaxKeys} keys.");
        }
        if (reader.TokenType != JsonTokenType.EndArray || !reader.Read() || reader.TokenType != JsonTokenType.EndObject)
            throw new JsonException("Something else stands beside the keys.");
        FlatObject.End(ref reader);
        return keys.DistinctBy(key => key.KeyId, StringComparer.Ordinal).Count() == keys.Count
            ? new JsonWebKeySet(keys.ToImmutable())
            : throw new FormatException("Two keys of a set have the same name.");
    }

    private static JsonWebKey ReadKey(ref Utf8JsonReader reader)
    {
        var seen = Members.None;
        var (x, y, kid) = ("", "", "");
        while (FlatObject.TryNext(ref reader, out var name, out var value, out var isNumber))
        {
            var member = name switch
            {
                [(byte)'k', (byte)'t', (byte)'y'] when value.SequenceEqual("EC"u8) => Members.Kty,
                [(byte)'c', (byte)'r', (byte)'v'] when value.SequenceEqual("P-256"u8) => Members.Crv,
                [(byte)'u', (byte)'s', (byte)'e'] when value.SequenceEqual("sig"u8) => Members.Use,
                [(byte)'a', (byte)'l', (byte)'g'] when value.SequenceEqual("ES256"u8) => Members.Alg,
                [(byte)'x'] => Members.X,
                [(byte)'y'] => Members.Y,
                [(byte)'k', (byte)'i', (byte)'d'] => Members.Kid,
                _ => Members.None,
            };
            if (member == Members.None || seen.HasFlag(member) || isNumber)
                throw new JsonException("A key has a member that is unknown, there twice, or not for ES256.");
            seen |= member;
            // Not as UTF-8: whatever is not ASCII becomes a text that the key's constructor refuses.
            var text = Encoding.Latin1.GetString(value);
            (x, y, kid) = member switch { Members.X => (text, y, kid), Members.Y => (x, text, kid), Members.Kid => (x, y, text), _ => (x, y, kid) };
        }
        return seen == Members.All ? new JsonWebKey(kid, x, y) : throw new JsonException("A key has not all of its members.");
    }
}
