using System.Text.Json.Nodes;

namespace Lucid.Silo.Tests.OpenApi;

/// <summary>What a stranger may put where something else belongs: one generator for all parsers that meet the network, and one seed for a run.</summary>
internal sealed class HostileTexts(int seed)
{
    private static readonly string[] _texts =
    [
        "", " ", "0", "-1", "1e9", "1.5", "+1", "0x10", "٣", "NaN", "true", "null", "*", "W/\"\"", "\"\"", "\"", "\\", "'", "''; --", "%", "%00", "%zz", "%c0%af", "../../etc/passwd", "..%2f", "\0", "a\0b", "\ud800", "\udc00x",
        "\ufeff", "\u202e", "é", "東", "😀", "\u0301", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "99999999999999999999999", "00000000-0000-0000-0000-000000000000",
        "0190b7a4-5c1e-7d3a-9f00-6b2c1d8e4f01", "0190B7A45C1E7D3A9F006B2C1D8E4F01", "{0190b7a4-5c1e-7d3a-9f00-6b2c1d8e4f01}", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
        "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB", "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUC", "mail:ada@example.org", "mail:", "local:root", "@owner", "a OR b", "\"a\" NEAR(b)", "a:*", "<->", "a & !b", "words:x", "sha-256=:AAAA:", "sha-256=:=:,crc32c=::",
        "bytes=0-", "bytes=-1", "bytes=5-1", "bytes=0-0,2-2,4-4", "bytes=99999999999999999999-", "items=1-2", "application/json;q=2", "text/*;q=0.5,*/*;q=NaN", "gzip, deflate", "chunked", "Bearer ", "Bearer a.b.c", "Bearer ..", "Basic YTpi",
        "eyJhbGciOiJub25lIn0.e30.", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer lpt_w6k.0190b7a45c1e7d3a9f006b2c1d8e4f05.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "Bearer lpt_YQ.0190b7a45c1e7d3a9f006b2c1d8e4f05.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "lrt_YQ.0190b7a45c1e7d3a9f006b2c1d8e4f05.AAAA", "lml_..", "lucid.example.org", "1,2,3", "0,5000", "5000,0", "-1,0", "0,9223372036854775807", "127.0.0.1, 10.0.0.1", "::1", "[::1]:99999", "for=\"[::1]\"", "unknown", "https,http",
        "m/44'/195'/0'/0/0", "m/44'/195'/999999999999'/0/0", "c", "YwAAAAAAAAAAeA", "bgABeA", "////8", "{}", "[]", "<script>", "\r\n", "\t",
    ];

    private readonly Random _random = new(seed);

    public int Next(int below) => _random.Next(below);

    public T OneOf<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];

    /// <summary>Something else, or the right thing with something done to it.</summary>
    public string Near(string right)
    {
        var at = _random.Next(right.Length + 1);
        return _random.Next(8) switch
        {
            0 => right[..at],
            1 => right.Insert(at, OneOf(_texts)),
            2 => right[..at] + (char)_random.Next(0x250) + (at < right.Length ? right[(at + 1)..] : ""),
            3 => right + right,
            4 => new string(OneOf(["a", "9", "é", "[", "."])[0], _random.Next(3_000)),
            5 => right.ToUpperInvariant(),
            _ => OneOf(_texts),
        };
    }

    /// <summary>The same JSON with one member or item in it that is another, is gone, or is there besides.</summary>
    public JsonNode? Near(JsonNode? right)
    {
        switch (right)
        {
            case JsonObject { Count: > 0 } members when _random.Next(4) > 0:
                var changed = (JsonObject)members.DeepClone();
                var name = OneOf([.. members.Select(member => member.Key)]);
                if (_random.Next(8) == 0)
                    changed.Remove(name);
                else if (_random.Next(10) == 0)
                    changed[Near(name)] = "x";
                else
                    changed[name] = Near(members[name]);
                return changed;
            case JsonArray { Count: > 0 } items when _random.Next(4) > 0:
                var list = (JsonArray)items.DeepClone();
                var place = _random.Next(items.Count);
                list[place] = Near(items[place]);
                return list;
            case JsonValue text when text.GetValueKind() is System.Text.Json.JsonValueKind.String && _random.Next(4) > 0:
                return Near(text.GetValue<string>());
            default:
                return OneOf<Func<JsonNode?>>([
                    () => null, () => JsonValue.Create(OneOf(_texts)), () => new JsonObject(), () => new JsonArray(), () => JsonNode.Parse(OneOf(["-1", "0", "1e400", "1.5", "9223372036854775808", "true", "[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]", "[null]", "[\"\"]", "{\"\":0}"])),
                ])();
        }
    }
}
