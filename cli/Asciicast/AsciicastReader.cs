using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Lucid.Cli.Asciicast;

/// <summary>Reads an asciicast, version 2, line by line.</summary>
internal sealed class AsciicastReader : IDisposable
{
    /// <summary>The longest line that is read. A line is one write of a program to its terminal; ours are below 400 KiB.</summary>
    public const int MaxLineCharacters = 16 * 1024 * 1024;

    private readonly StreamReader _lines;
    private int _line = 1;

    private AsciicastReader(StreamReader lines, AsciicastHeader header)
    {
        _lines = lines;
        Header = header;
    }

    public AsciicastHeader Header { get; }

    /// <exception cref="CliException">The first line is no header.</exception>
    public static async Task<AsciicastReader> OpenAsync(Stream stream, CancellationToken cancellation)
    {
        var lines = new StreamReader(stream, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false, 64 * 1024);
        var first = await lines.ReadLineAsync(cancellation)
            ?? throw new CliException("The asciicast is empty; its first line should be the header.");
        try
        {
            using var json = JsonDocument.Parse(first);
            var root = json.RootElement;
            if (root.GetProperty("version").GetInt32() != 2)
                throw new CliException($"The asciicast has version {root.GetProperty("version")}; version 2 can be played.");
            return new AsciicastReader(lines, new AsciicastHeader(
                root.GetProperty("width").GetInt32(),
                root.GetProperty("height").GetInt32(),
                root.TryGetProperty("timestamp", out var time) ? DateTimeOffset.FromUnixTimeSeconds(time.GetInt64()) : null,
                root.TryGetProperty("command", out var command) ? command.GetString() : null,
                root.TryGetProperty("title", out var title) ? title.GetString() : null));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CliException("Line 1 of the asciicast is no header with version, width and height.", e);
        }
    }

    /// <summary>The next event, or null at the end.</summary>
    /// <exception cref="CliException">The line is no event.</exception>
    public async ValueTask<AsciicastEvent?> NextAsync(CancellationToken cancellation)
    {
        while (await _lines.ReadLineAsync(cancellation) is { } line)
        {
            _line++;
            if (line.Length > MaxLineCharacters)
                throw new CliException($"Line {_line} of the asciicast is longer than {MaxLineCharacters} characters.");
            if (line.Length > 0)
                return Parse(line);
        }
        return null;
    }

    public void Dispose() => _lines.Dispose();

    private AsciicastEvent Parse(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var parts = json.RootElement;
            var seconds = parts[0].GetDouble();
            if (parts.GetArrayLength() != 3 || seconds is < 0 or > 1e9)
                throw new FormatException();
            return new AsciicastEvent(TimeSpan.FromSeconds(seconds), parts[1].GetString() ?? "", parts[2].GetString() ?? "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            var shown = line.Length > 40 ? $"{line.AsSpan(0, 40)}…" : line;
            throw new CliException(
                string.Create(CultureInfo.InvariantCulture, $"Line {_line} of the asciicast is no event [seconds, code, text]: '{shown}'."), e);
        }
    }
}
