using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>
/// The checksum that stands in each row: the first 8 bytes of SHA-256 over the table's name, the row's key and its content. With the key in
/// it, a row that was moved, doubled or swapped with another is noticed as well as one whose bytes changed. For one thread at a time.
/// </summary>
internal sealed class RowChecksum : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long OfGrain(long id, GrainId grain, long version, bool hasState, long rows) =>
        Begin("grain").Add(id).Add(grain.Name).Add(grain.Key).Add(version).Add(hasState ? 1 : 0).Add(rows).End();

    public long OfState(long grain, ReadOnlySpan<byte> json) => Begin("state").Add(grain).Add(json).End();

    public long OfRow(long grain, string journal, long position, ReadOnlySpan<byte> json) =>
        Begin("journal").Add(grain).Add(journal).Add(position).Add(json).End();

    public long OfReminder(GrainId grain, string name, long due, long period) =>
        Begin("reminder").Add(grain.Name).Add(grain.Key).Add(name).Add(due).Add(period).End();

    public void Dispose() => _hash.Dispose();

    private RowChecksum Begin(string table) => Add(table);

    // Each text and blob goes in with its length, so that no two different rows give the same bytes.
    private RowChecksum Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    private RowChecksum Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        _hash.AppendData(bytes);
        return this;
    }

    private RowChecksum Add(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        _hash.AppendData(bytes);
        return this;
    }

    private long End()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(hash);
        return BinaryPrimitives.ReadInt64BigEndian(hash);
    }
}
