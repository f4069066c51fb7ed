using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lucid.Cli.Asciicast;

/// <summary>
/// Writes a terminal session as an asciicast, version 2: one JSON line for the header and one for each event. Not thread-safe.
/// </summary>
internal sealed class AsciicastWriter
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Action<ReadOnlyMemory<byte>> _line;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    // A character may be cut in two by the edge of a read, so what is left of it waits for the next one.
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private TimeSpan _latest;

    /// <param name="line">Takes each finished line, its end included. The memory is valid during the call only.</param>
    public AsciicastWriter(AsciicastHeader header, Action<ReadOnlyMemory<byte>> line)
    {
        _line = line;
        Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("version", 2);
            json.WriteNumber("width", header.Columns);
            json.WriteNumber("height", header.Rows);
            if (header.Started is { } started)
                json.WriteNumber("timestamp", started.ToUnixTimeSeconds());
            if (header.Command is { } command)
                json.WriteString("command", command);
            if (header.Title is { } title)
                json.WriteString("title", title);
            json.WriteEndObject();
        });
    }

    /// <summary>Records what the terminal showed.</summary>
    public void Output(TimeSpan time, ReadOnlySpan<byte> bytes)
    {
        var characters = ArrayPool<char>.Shared.Rent(bytes.Length + 2);
        try
        {
            var count = _decoder.GetChars(bytes, characters, flush: false);
            if (count > 0)
                Event(time, EventCode.Output, characters.AsSpan(0, count).ToString());
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }

    public void Resize(TimeSpan time, int columns, int rows) =>
        Event(time, EventCode.Resize, string.Create(CultureInfo.InvariantCulture, $"{columns}x{rows}"));

    /// <summary>Writes a character that the end of the session cut in two, if there is one, as a replacement character.</summary>
    public void Finish(TimeSpan time)
    {
        Span<char> rest = stackalloc char[4];
        var count = _decoder.GetChars([], rest, flush: true);
        if (count > 0)
            Event(time, EventCode.Output, rest[..count].ToString());
    }

    private void Event(TimeSpan time, string code, string data)
    {
        // Players expect time to go forward only.
        _latest = time > _latest ? time : _latest;
        Write(json =>
        {
            json.WriteStartArray();
            json.WriteRawValue(_latest.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture));
            json.WriteStringValue(code);
            json.WriteStringValue(data);
            json.WriteEndArray();
        });
    }

    private void Write(Action<Utf8JsonWriter> content)
    {
        _buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_buffer, s_json))
            content(json);
        _buffer.Write("\n"u8);
        _line(_buffer.WrittenMemory);
    }
}
