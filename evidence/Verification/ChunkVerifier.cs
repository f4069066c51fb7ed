using System.Buffers;
using Lucid.Evidence.Files;
using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Verification;

/// <summary>What a leaf says of a chunk, as much as is kept of each while a file is read.</summary>
internal readonly record struct ExpectedChunk(ulong Index, int CipherLength, Hash256 Root);

/// <summary>
/// Hashes chunks on several cores while the next are read. Chunks go round a fixed number of slots, each with its own pooled buffer, so
/// memory is bounded and what is found comes out in the order of the file.
/// </summary>
internal sealed class ChunkVerifier(EvidenceFileReader reader, CheckList checks, int parallelism)
{
    private readonly Slot[] _slots = [.. Enumerable.Range(0, parallelism + 1).Select(_ => new Slot())];
    private int _next;

    /// <summary>Chunks and bytes read.</summary>
    public (ulong Chunks, ulong Bytes) Read { get; private set; }

    /// <summary>Chunks whose content does not have the CRC in their header.</summary>
    public ulong Damaged { get; private set; }

    /// <summary>Reads the content of the reader's entry and has it hashed.</summary>
    public async Task AddAsync(EvidenceEntry entry, ExpectedChunk expected, CancellationToken cancellation)
    {
        var slot = _slots[_next];
        _next = (_next + 1) % _slots.Length;
        await FinishAsync(slot);
        var cipher = slot.Buffer((int)entry.Length);
        await reader.ReadAllAsync(cipher, cancellation);
        var crc = reader.ContentCrc;
        Read = (Read.Chunks + 1, Read.Bytes + entry.Length);
        Damaged += crc == entry.Crc ? 0UL : 1;
        slot.Hashing = Task.Run(() => FindFault(cipher, crc, entry, expected), CancellationToken.None);
    }

    /// <summary>Waits for the chunks that are still being hashed and gives the buffers back. To be called in any case.</summary>
    public async Task FinishAsync()
    {
        for (var i = 0; i < _slots.Length; i++)
            await FinishAsync(_slots[(_next + i) % _slots.Length]);
        foreach (var slot in _slots)
            slot.Return();
    }

    private async Task FinishAsync(Slot slot)
    {
        if (await slot.Hashing is { } fault)
            checks.Fail(CheckNames.Chunks, fault);
        slot.Hashing = Slot.Idle;
    }

    private static string? FindFault(Memory<byte> cipher, uint crc, EvidenceEntry entry, ExpectedChunk expected)
    {
        var root = SegmentTree.Root(cipher.Span);
        if (root == expected.Root)
            return crc == entry.Crc ? null : $"chunk {entry.Chunk}: its content is whole, but the CRC in its header is not its";
        if (DamageLocator.FindInChunk(cipher.Span, crc, entry.Crc, expected.Root) is var (position, change))
            return $"chunk {entry.Chunk}, segment {position / SegmentTree.SegmentSize}: byte {position} was altered from " +
                $"0x{cipher.Span[position] ^ change:x2} to 0x{cipher.Span[position]:x2}; all else in the chunk is as it was sealed";
        return $"chunk {entry.Chunk}: its ciphertext has the root {root}, its leaf says {expected.Root}";
    }

    private sealed class Slot
    {
        public static readonly Task<string?> Idle = Task.FromResult<string?>(null);
        private byte[] _buffer = [];

        public Task<string?> Hashing { get; set; } = Idle;

        public Memory<byte> Buffer(int length)
        {
            if (_buffer.Length < length)
            {
                Return();
                _buffer = ArrayPool<byte>.Shared.Rent(length);
            }
            return _buffer.AsMemory(0, length);
        }

        public void Return()
        {
            if (_buffer.Length > 0)
                ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }
}
