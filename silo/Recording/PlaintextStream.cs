using System.Security.Cryptography;
using Lucid.Evidence.Compression;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Recording;

/// <summary>
/// One track of a session in the clear, chunk after chunk, decrypted as it is read. Seekable by the plain lengths that the leaves state. A chunk
/// that lies here is never in memory whole, however slowly it is read: it is decrypted and unpacked piece by piece, from its beginning on.
/// </summary>
internal sealed class PlaintextStream : SeekableReader
{
    private readonly Guid _session;
    private readonly SessionKey _key;
    private readonly IReadOnlyList<ChunkLeaf> _leaves;
    private readonly long[] _offsets;
    private readonly ChunkReader _chunks;
    private readonly Caller _reader;

    // The chunk that is being read, and how far.
    private Stream? _plain;
    private int _chunk;
    private long _given;

    public PlaintextStream(Caller reader, Guid session, SessionKey key, IReadOnlyList<ChunkLeaf> leaves, ChunkReader chunks)
    {
        (_reader, _session, _key, _leaves, _chunks) = (reader, session, key, leaves, chunks);
        _offsets = new long[leaves.Count + 1];
        for (var i = 0; i < leaves.Count; i++)
            _offsets[i + 1] = _offsets[i] + leaves[i].PlainLength;
    }

    public override long Length => _offsets[^1];

    public static async Task<IReadOnlyList<ChunkLeaf>> ReadLeavesAsync(ISessionGrain session, int track, CancellationToken cancellation)
    {
        var leaves = new List<ChunkLeaf>();
        for (ulong from = 0; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            var page = await session.LeavesAsync(Caller.Lucid, from, 1000);
            if (page.Leaves.IsEmpty)
                return leaves;
            leaves.AddRange(page.Leaves.Select(bytes => Leaf.Parse(bytes)).OfType<ChunkLeaf>().Where(leaf => leaf.Track == track));
            from = page.Next;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= Length || buffer.IsEmpty)
            return 0;
        var chunk = ChunkAt(Position);
        var from = Position - _offsets[chunk];
        if (_plain is null || _chunk != chunk || _given > from)
            await OpenAsync(chunk, cancellationToken);
        var count = await _chunks.Cores.RunAsync(() => Give(from, buffer.Span), cancellationToken);
        Position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Decryption of a chunk is asynchronous; use ReadAsync.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _plain?.Dispose();
            _key.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>The last chunk that begins at or before the position; of several empty ones in a row, the one that has bytes.</summary>
    private int ChunkAt(long position)
    {
        var found = Array.BinarySearch(_offsets, position);
        if (found < 0)
            return ~found - 1;
        while (_offsets[found + 1] == position)
            found++;
        return found;
    }

    private async Task OpenAsync(int chunk, CancellationToken cancellation)
    {
        _plain?.Dispose();
        _plain = null;
        var leaf = _leaves[chunk];
        var cipher = await _chunks.OpenAsync(_reader, leaf, cancellation);
        var key = _key.ChunkKey(_session, leaf.Index);
        var packed = new CobblestoneReader(cipher, key, SessionKey.ChunkContext(_session, leaf.Index, leaf.Codec));
        CryptographicOperations.ZeroMemory(key);
        _plain = GzipBlocks.OpenRead(packed, leaf.PlainLength);
        (_chunk, _given) = (chunk, 0);
    }

    /// <summary>Fills the buffer with what the open chunk has from there on, as far as it goes.</summary>
    private int Give(long from, Span<byte> buffer)
    {
        var plain = _plain!;
        for (var passed = buffer; _given < from;)
            _given += plain.ReadAtLeast(passed[..(int)Math.Min(passed.Length, from - _given)], 1);
        var part = buffer[..(int)Math.Min(buffer.Length, _leaves[_chunk].PlainLength - from)];
        plain.ReadExactly(part);
        _given += part.Length;
        // Refuses whatever goes on beyond the length that the leaf states, before the last bytes are given out.
        if (_given == _leaves[_chunk].PlainLength)
            _ = plain.ReadByte();
        return part.Length;
    }
}
