using System.Text.Json;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>
/// Reads JSON objects whose members are texts and numbers, member by member. Texts with escapes are refused: what we write needs none, and two
/// spellings of one name would hide a member that is there twice. Whoever calls refuses names that it does not know or has seen.
/// </summary>
internal static class FlatObject
{
    /// <summary>Positions on the first member.</summary>
    /// <exception cref="JsonException">There is no object.</exception>
    public static void Begin(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("An object is expected.");
    }

    /// <summary>The next member; false at the object's end.</summary>
    /// <param name="isNumber">Whether <paramref name="value"/> is a number as it is written, or a text without its quotation marks.</param>
    /// <exception cref="JsonException">Not JSON, or a member that is neither text nor number, or has an escape.</exception>
    public static bool TryNext(scoped ref Utf8JsonReader reader, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value, out bool isNumber)
    {
        name = value = default;
        isNumber = false;
        if (!reader.Read())
            throw new JsonException("The object does not end.");
        if (reader.TokenType == JsonTokenType.EndObject)
            return false;
        if (reader.TokenType != JsonTokenType.PropertyName || reader.ValueIsEscaped)
            throw new JsonException("A member's name has an escape.");
        name = reader.ValueSpan;
        if (!reader.Read() || reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number) || reader.ValueIsEscaped)
            throw new JsonException("A member is neither a plain text nor a number.");
        value = reader.ValueSpan;
        isNumber = reader.TokenType == JsonTokenType.Number;
        return true;
    }

    /// <exception cref="JsonException">Something comes after the object.</exception>
    public static void End(ref Utf8JsonReader reader)
    {
        if (reader.Read())
            throw new JsonException("Something comes after the object.");
    }
}
