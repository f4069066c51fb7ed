using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>
/// How many commits the store has answered, in a file beside it. SQLite passes over a write-ahead log that was cut off or altered without a
/// word, and an older copy of the store looks as good as the newest: only a second witness shows that what was answered is gone.
/// </summary>
/// <remarks>
/// Not flushed, so it costs microseconds: it survives the process, and a power cut leaves it behind the store, which says nothing. 8 bytes
/// count and the first 8 bytes of its SHA-256; numbers big-endian.
/// </remarks>
internal sealed class CommitMark : IDisposable
{
    private const int Size = 2 * sizeof(long);
    private readonly SafeFileHandle _file;

    private CommitMark(SafeFileHandle file, long value) => (_file, Value) = (file, value);

    /// <summary>What the file said when it was opened; 0 where it was new or unreadable.</summary>
    public long Value { get; }

    public static CommitMark Open(string store)
    {
        var file = File.OpenHandle(PathOf(store), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        Span<byte> bytes = stackalloc byte[Size];
        bytes.Clear();
        _ = RandomAccess.Read(file, bytes, 0);
        var value = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return new CommitMark(file, bytes[sizeof(long)..].SequenceEqual(Check(value)) ? value : 0);
    }

    public static string PathOf(string store) => store + "-commits";

    public void Write(long value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        Check(value).CopyTo(bytes[sizeof(long)..]);
        try
        {
            RandomAccess.Write(_file, bytes, 0);
        }
        catch (IOException)
        {
            // The commit itself is durable; a mark that stays behind accuses nobody.
        }
    }

    public void Dispose() => _file.Dispose();

    private static ReadOnlySpan<byte> Check(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return SHA256.HashData(bytes).AsSpan(0, sizeof(long));
    }
}
