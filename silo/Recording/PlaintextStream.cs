using Lucid.Evidence.Compression;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Recording;

/// <summary>
/// One track of a session in the clear, chunk after chunk, decrypted as it is read. Seekable by the plain lengths that the leaves state;
/// one decrypted chunk is kept in memory, because a reader goes forward through it.
/// </summary>
internal sealed class PlaintextStream : Stream
{
    private readonly Guid _session;
    private readonly SessionKey _key;
    private readonly IReadOnlyList<ChunkLeaf> _leaves;
    private readonly long[] _offsets;
    private readonly ChunkReader _chunks;
    private byte[] _plain = [];
    private int _held = -1;
    private long _position;

    public PlaintextStream(Guid session, SessionKey key, IReadOnlyList<ChunkLeaf> leaves, ChunkReader chunks)
    {
        (_session, _key, _leaves, _chunks) = (session, key, leaves, chunks);
        _offsets = new long[leaves.Count + 1];
        for (var i = 0; i < leaves.Count; i++)
            _offsets[i + 1] = _offsets[i] + leaves[i].PlainLength;
    }

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => _offsets[^1];

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Not before the start.");
    }

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
        if (_position >= Length || buffer.IsEmpty)
            return 0;
        var chunk = ChunkAt(_position);
        if (_held != chunk)
        {
            _plain = await OpenAsync(_leaves[chunk], cancellationToken);
            _held = chunk;
        }
        var part = _plain.AsMemory((int)(_position - _offsets[chunk]));
        var count = Math.Min(part.Length, buffer.Length);
        part[..count].CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Decryption of a chunk is asynchronous; use ReadAsync.");

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => _position + offset, _ => Length + offset };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _key.Dispose();
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

    private async Task<byte[]> OpenAsync(ChunkLeaf leaf, CancellationToken cancellation)
    {
        var cipher = new byte[leaf.CipherLength];
        await _chunks.ReadAsync(leaf, cipher, cancellation);
        return await Task.Run(() => Decrypt(leaf, cipher), cancellation);
    }

    private byte[] Decrypt(ChunkLeaf leaf, byte[] cipher)
    {
        var packed = new byte[Cobblestone.PlainLength(cipher.Length)];
        Cobblestone.Decrypt(_key.ChunkKey(_session, leaf.Index), SessionKey.ChunkContext(_session, leaf.Index, leaf.Codec), cipher, packed);
        var plain = new byte[leaf.PlainLength];
        using var gzip = GzipBlocks.OpenRead(new MemoryStream(packed), leaf.PlainLength);
        gzip.ReadExactly(plain);
        // Refuses whatever goes on beyond the length that the leaf states.
        _ = gzip.ReadByte();
        return plain;
    }
}
