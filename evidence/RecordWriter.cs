using System.Buffers;
using System.Text;

namespace Lucid.Evidence;

/// <summary>Writes the line-based records that <see cref="RecordReader"/> reads. One method call is one line.</summary>
public sealed class RecordWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    /// <summary>Writes a text line as it is; the caller vouches that it holds no control character.</summary>
    public RecordWriter Line(ReadOnlySpan<char> text)
    {
        if (text.Contains('\n'))
            throw new ArgumentException("A line cannot contain a line end.", nameof(text));
        Encoding.UTF8.GetBytes(text, _bytes);
        _bytes.Write("\n"u8);
        return this;
    }

    public RecordWriter Line(ReadOnlySpan<byte> text)
    {
        _bytes.Write(text);
        _bytes.Write("\n"u8);
        return this;
    }

    public RecordWriter Line(ulong value)
    {
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out var written);
        return Line(digits[..written]);
    }

    public RecordWriter Line(long value) =>
        value >= 0 ? Line((ulong)value) : throw new ArgumentOutOfRangeException(nameof(value), value, "Records hold no negative numbers.");

    public RecordWriter Line(Hash256 hash) => Line(hash.ToString());

    public RecordWriter Line(Guid session) => Line(session.ToString("D"));

    public RecordWriter Hex(ReadOnlySpan<byte> bytes) => Line(Convert.ToHexStringLower(bytes));

    /// <summary>Writes bytes that are already whole lines of another record.</summary>
    public RecordWriter Raw(ReadOnlySpan<byte> lines)
    {
        _bytes.Write(lines);
        return this;
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
}
