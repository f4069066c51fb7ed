using System.Text.Json;
using System.Text.Unicode;

namespace Lucid.Silo.Configuration;

/// <summary>A file of options: JSON, with comments and trailing commas allowed.</summary>
internal static class OptionFile
{
    private const int MostBytes = 1 << 20;

    /// <param name="shown">What a message calls an option of this file, by its name.</param>
    /// <exception cref="InvalidDataException">It is no such file. The message says where, without the file's name.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public static IReadOnlyList<OptionSetting> Read(string path, Func<string, string> shown)
    {
        ReadOnlyMemory<byte> json;
        using (var file = File.OpenRead(path))
        {
            var buffer = new byte[MostBytes + 1];
            json = buffer.AsMemory(0, file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false));
        }
        if (json.Length > MostBytes)
            throw new InvalidDataException("it is larger than 1 MiB, which no configuration is");
        return Parse(json, shown);
    }

    /// <exception cref="InvalidDataException">See <see cref="Read"/>.</exception>
    public static IReadOnlyList<OptionSetting> Parse(ReadOnlyMemory<byte> json, Func<string, string> shown)
    {
        if (json.Span.StartsWith("\uFEFF"u8))
            json = json[3..];
        if (!Utf8.IsValid(json.Span))
            throw new InvalidDataException("it is not JSON: it is not even UTF-8 text");
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? [.. Walk(document.RootElement, "", shown)]
                : throw new InvalidDataException("it holds no object; options stand in { … }");
        }
        catch (JsonException wrong)
        {
            // The position within the line counts bytes, and the line from 0: neither is what an editor shows.
            throw new InvalidDataException($"line {wrong.LineNumber + 1} is not JSON: {wrong.Message.Split(" LineNumber:")[0].Split(" Path:")[0].TrimEnd('.')}", wrong);
        }
        // A half of a surrogate pair, which JSON can escape and no string can hold.
        catch (InvalidOperationException wrong)
        {
            throw new InvalidDataException($"it is not JSON: {wrong.Message.TrimEnd('.')}", wrong);
        }
    }

    private static IEnumerable<OptionSetting> Walk(JsonElement element, string prefix, Func<string, string> shown)
    {
        foreach (var property in element.EnumerateObject())
        {
            var (name, value) = (prefix + property.Name, property.Value);
            if (value.ValueKind == JsonValueKind.Object && OptionCatalog.Sections.Contains(name))
            {
                foreach (var inner in Walk(value, name + ".", shown))
                    yield return inner;
                continue;
            }
            yield return value.ValueKind switch
            {
                JsonValueKind.Object => new OptionSetting(name, "{…}", false, shown(name)),
                JsonValueKind.Array => new OptionSetting(name, "[…]", false, shown(name)),
                JsonValueKind.String => new OptionSetting(name, value.GetString()!, true, shown(name)),
                _ => new OptionSetting(name, value.GetRawText(), false, shown(name)),
            };
        }
    }
}
