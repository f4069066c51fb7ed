using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Lucid.Evidence;

/// <summary>
/// Reads the line-based records of this library: UTF-8, every line ended by one U+000A, numbers in decimal without leading zeros.
/// Each method reads exactly one line and refuses whatever <see cref="RecordWriter"/> would not have written, so that a record has one
/// encoding and altering any byte of it is noticed.
/// </summary>
public ref struct RecordReader
{
    private readonly string _record;
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;
    private int _line;

    /// <param name="record">The record's name, for messages.</param>
    /// <param name="bytes">One record, or the beginning of a sequence of them.</param>
    public RecordReader(string record, ReadOnlySpan<byte> bytes)
    {
        _record = record;
        _bytes = bytes;
    }

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Whether every byte has been read.</summary>
    public readonly bool AtEnd => _position == _bytes.Length;

    /// <summary>Whether the next line is exactly <paramref name="text"/>. Reads nothing.</summary>
    public readonly bool NextIs(ReadOnlySpan<byte> text) =>
        _bytes[_position..].StartsWith(text) && _position + text.Length < _bytes.Length && _bytes[_position + text.Length] == '\n';

    /// <summary>Reads a line that must be exactly <paramref name="text"/>.</summary>
    public void Literal(ReadOnlySpan<byte> text)
    {
        var line = Line();
        if (!line.SequenceEqual(text))
            throw Refuse($"'{Encoding.UTF8.GetString(text)}'", line);
    }

    /// <summary>Reads a line of printable text of 1 to <paramref name="maxBytes"/> bytes.</summary>
    public string Text(int maxBytes, string what)
    {
        var line = Line();
        if (line.Length == 0 || line.Length > maxBytes || !Utf8.IsValid(line))
            throw Refuse($"{what}, 1 to {maxBytes} bytes of UTF-8", line);
        var text = Encoding.UTF8.GetString(line);
        foreach (var character in text)
        {
            if (char.IsControl(character))
                throw Refuse($"{what} without control characters", line);
        }
        return text;
    }

    /// <summary>As <see cref="Text"/>, or an empty line.</summary>
    public string TextOrNothing(int maxBytes, string what)
    {
        if (_position < _bytes.Length && _bytes[_position] == '\n')
        {
            Line();
            return "";
        }
        return Text(maxBytes, what);
    }

    /// <summary>Reads an unsigned decimal of at most <paramref name="max"/>.</summary>
    public ulong Unsigned(string what, ulong max = ulong.MaxValue)
    {
        var line = Line();
        if (line.Length is 0 or > 20 || (line[0] == '0' && line.Length > 1) || line.ContainsAnyExceptInRange((byte)'0', (byte)'9') ||
            !ulong.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > max)
            throw Refuse($"{what}, a decimal from 0 to {max} without leading zeros", line);
        return value;
    }

    /// <summary>Reads a decimal from 0 to 2^63 - 1.</summary>
    public long Number(string what, long max = long.MaxValue) => (long)Unsigned(what, (ulong)max);

    /// <summary>Reads a decimal from 0 to 2^31 - 1.</summary>
    public int SmallNumber(string what, int max = int.MaxValue) => (int)Unsigned(what, (ulong)max);

    /// <summary>Reads a hash: 64 lower-case hexadecimal digits.</summary>
    public Hash256 Hash(string what) => new(Hex(what, Hash256.Size));

    /// <summary>Reads exactly <paramref name="length"/> bytes written as lower-case hexadecimal digits.</summary>
    public byte[] Hex(string what, int length)
    {
        var line = Line();
        var bytes = new byte[length];
        if (line.Length != 2 * length || line.ContainsAnyInRange((byte)'A', (byte)'F') ||
            Convert.FromHexString(line, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            throw Refuse($"{what}, {2 * length} lower-case hexadecimal digits", line);
        return bytes;
    }

    /// <summary>Reads a session's id: a UUID, lower-case with hyphens.</summary>
    public Guid Session()
    {
        var line = Line();
        Span<byte> again = stackalloc byte[36];
        if (line.Length != 36 || !Guid.TryParseExact(Encoding.UTF8.GetString(line), "D", out var id) ||
            !id.TryFormat(again, out _, "D") || !line.SequenceEqual(again))
            throw Refuse("a session id, a lower-case UUID with hyphens", line);
        return id;
    }

    /// <summary>Refuses any byte that is left.</summary>
    public readonly void End()
    {
        if (!AtEnd)
            throw new MalformedException(_record, $"line {_line + 1}: the record should have ended here; {_bytes.Length - _position} bytes are left");
    }

    /// <summary>The exception for a line that was read but is not acceptable for a reason of the caller's.</summary>
    public readonly MalformedException Refuse(string expected, ReadOnlySpan<byte> found) =>
        new(_record, $"line {_line}: expected {expected}, found '{Show(found)}'");

    /// <summary>Reads the next line, without its end.</summary>
    public ReadOnlySpan<byte> Line()
    {
        _line++;
        var rest = _bytes[_position..];
        var length = rest.IndexOf((byte)'\n');
        if (length < 0)
            throw new MalformedException(_record, $"line {_line}: the record is cut off (no line end in the remaining {rest.Length} bytes)");
        _position += length + 1;
        return rest[..length];
    }

    private static string Show(ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder();
        foreach (var unit in line[..Math.Min(line.Length, 60)])
            text.Append(unit is >= 0x20 and < 0x7f ? (char)unit : '?');
        return line.Length > 60 ? text.Append('…').ToString() : text.ToString();
    }
}
