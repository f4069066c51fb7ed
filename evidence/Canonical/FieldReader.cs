using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Canonical;

/// <summary>Reads the fields of <see cref="CanonicalJson"/> in their one order; white space is left to the comparison with what would be written.</summary>
/// <param name="subject">What is read, for the messages of <see cref="MalformedException"/>, which everything here throws.</param>
internal ref struct FieldReader(string subject, ReadOnlySpan<byte> bytes)
{
    private Utf8JsonReader _json = new(bytes);

    public delegate T Read<T>(ref FieldReader fields);

    /// <summary>Reads a whole text.</summary>
    public static T ReadAll<T>(string subject, ReadOnlySpan<byte> bytes, Read<T> read)
    {
        try
        {
            var fields = new FieldReader(subject, bytes);
            fields.Expect(JsonTokenType.StartObject);
            var value = read(ref fields);
            fields.Expect(JsonTokenType.EndObject);
            return fields._json.Read() ? throw fields.Refuse("the end") : value;
        }
        catch (JsonException problem)
        {
            throw new MalformedException(subject, $"not JSON: {problem.Message}");
        }
        catch (InvalidOperationException)
        {
            // What Utf8JsonReader throws for a string that is no Unicode text.
            throw new MalformedException(subject, "a string is not valid UTF-8");
        }
    }

    public T Object<T>(string name, Read<T> read)
    {
        Name(name);
        Expect(JsonTokenType.StartObject, name);
        return RestOfObject(read);
    }

    public T? ObjectOrNull<T>(string name, Read<T> read) where T : class
    {
        Name(name);
        _json.Read();
        return _json.TokenType switch
        {
            JsonTokenType.StartObject => RestOfObject(read),
            JsonTokenType.Null => null,
            _ => throw Refuse("an object or null", name),
        };
    }

    /// <param name="most">Elements; more are refused.</param>
    public ImmutableArray<T> Objects<T>(string name, int most, Read<T> read) =>
        List(name, JsonTokenType.StartObject, most, (ref FieldReader fields) => fields.RestOfObject(read));

    public string Text(string name)
    {
        Name(name);
        Expect(JsonTokenType.String, name);
        return _json.GetString()!;
    }

    public ImmutableArray<string> Texts(string name, int most) =>
        List(name, JsonTokenType.String, most, static (ref FieldReader fields) => fields._json.GetString()!);

    public ImmutableArray<int> Smalls(string name, int most) =>
        List(name, JsonTokenType.Number, most, (ref FieldReader fields) => fields.SmallOf(name));

    public Hash256 Hash(string name) =>
        Hash256.TryParse(Text(name), out var hash) ? hash : throw Refuse("64 lower-case hexadecimal digits", name);

    public Guid Id(string name) => IdOrNull(name) ?? throw Refuse("a lower-case UUID with hyphens", name);

    public Guid? IdOrNull(string name)
    {
        Name(name);
        _json.Read();
        if (_json.TokenType == JsonTokenType.Null)
            return null;
        return _json.TokenType == JsonTokenType.String && Guid.TryParseExact(_json.GetString(), "D", out var id)
            ? id
            : throw Refuse("a lower-case UUID with hyphens", name);
    }

    public int Small(string name)
    {
        Name(name);
        Expect(JsonTokenType.Number, name);
        return SmallOf(name);
    }

    public long Number(string name) => NumberOrNull(name) ?? throw Refuse($"a whole number from 0 to {Manifest.MaxNumber}", name);

    public long? NumberOrNull(string name)
    {
        Name(name);
        _json.Read();
        if (_json.TokenType == JsonTokenType.Null)
            return null;
        return _json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out var value) && value is >= 0 and <= Manifest.MaxNumber
            ? value
            : throw Refuse($"a whole number from 0 to {Manifest.MaxNumber}", name);
    }

    public DateTimeOffset Time(string name) => TimeOrNull(name) ?? throw Refuse("a time", name);

    public DateTimeOffset? TimeOrNull(string name)
    {
        Name(name);
        _json.Read();
        if (_json.TokenType == JsonTokenType.Null)
            return null;
        return _json.TokenType == JsonTokenType.String && DateTimeOffset.TryParseExact(
            _json.GetString(), CanonicalJson.TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw Refuse("a time like 2026-01-31T12:00:00.000Z", name);
    }

    /// <summary>For what is wrong with what was read last.</summary>
    public readonly MalformedException Refuse(string expected, string name = "") =>
        new(subject, $"{(name.Length > 0 ? $"field '{name}', " : "")}byte {_json.TokenStartIndex}: expected {expected}");

    private T RestOfObject<T>(Read<T> read)
    {
        var value = read(ref this);
        Expect(JsonTokenType.EndObject);
        return value;
    }

    private ImmutableArray<T> List<T>(string name, JsonTokenType start, int most, Read<T> read)
    {
        Name(name);
        Expect(JsonTokenType.StartArray, name);
        var list = ImmutableArray.CreateBuilder<T>();
        while (_json.Read() && _json.TokenType == start)
        {
            if (list.Count == most)
                throw Refuse($"at most {most} elements", name);
            list.Add(read(ref this));
        }
        return _json.TokenType == JsonTokenType.EndArray ? list.ToImmutable() : throw Refuse($"{start} or the list's end", name);
    }

    private readonly int SmallOf(string name) => _json.TryGetInt32(out var value) ? value : throw Refuse("a small whole number", name);

    private void Name(string name)
    {
        _json.Read();
        if (_json.TokenType != JsonTokenType.PropertyName || !_json.ValueTextEquals(name))
            throw Refuse($"the field '{name}'");
    }

    private void Expect(JsonTokenType type, string name = "")
    {
        _json.Read();
        if (_json.TokenType != type)
            throw Refuse($"{type}", name);
    }
}
