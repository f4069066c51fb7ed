using System.Buffers;
using Lucid.Evidence.Compression;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Files;

/// <summary>The leaves of a session in order, from the first; called anew for each pass over them, it gives the same ones.</summary>
public delegate IAsyncEnumerable<Leaf> LeafSource(CancellationToken cancellation);

/// <summary>Fills <paramref name="destination"/>, which is as long as the leaf says, with the ciphertext of a chunk.</summary>
public delegate ValueTask ReadChunk(ulong index, Memory<byte> destination, CancellationToken cancellation);

/// <summary>
/// Writes an evidence file to any stream, forward only. Two steps, because an entry's length and CRC stand before its content:
/// <see cref="PlanAsync"/> passes over the leaves once and knows the file's length; <see cref="WriteAsync"/> writes it, holding one chunk
/// at a time.
/// </summary>
public sealed class EvidenceFileWriter
{
    private const int BufferLength = 64 * 1024;

    private readonly EvidenceParts _parts;
    private readonly LeafSource _leaves;
    private readonly byte[] _head;
    private readonly uint _leavesCrc;
    private readonly uint _leavesLength;
    private readonly List<(ulong Index, uint Length)> _chunks;

    private EvidenceFileWriter(
        EvidenceParts parts, LeafSource leaves, byte[] head, uint leavesCrc, uint leavesLength, List<(ulong Index, uint Length)> chunks)
    {
        (_parts, _leaves, _head, _leavesCrc, _leavesLength, _chunks) = (parts, leaves, head, leavesCrc, leavesLength, chunks);
        TotalLength = ComputeLength();
    }

    /// <summary>The file's length in bytes, for a Content-Length.</summary>
    public long TotalLength { get; }

    /// <summary>Bytes of the longest ciphertext that the file will hold, which <see cref="WriteAsync"/> keeps in memory; 0 where it holds none.</summary>
    public int LongestChunk => _chunks.Count == 0 ? 0 : _chunks.Max(chunk => (int)chunk.Length);

    /// <summary>Reads all leaves once and settles what the file will hold.</summary>
    /// <param name="parts">The small entries. That they fit each other is the verifier's to say.</param>
    /// <param name="leaves">The manifest's leaves.</param>
    /// <param name="include">Which chunks' ciphertext goes into the file.</param>
    /// <exception cref="MalformedException">The manifest is none.</exception>
    /// <exception cref="ArgumentException">The leaves are not those that the manifest counts, or an entry is longer than its
    /// limit.</exception>
    public static async Task<EvidenceFileWriter> PlanAsync(
        EvidenceParts parts, LeafSource leaves, Func<ulong, bool> include, CancellationToken cancellation)
    {
        var manifest = Manifest.Parse(parts.Manifest.Span);
        foreach (var (part, bytes) in parts.InOrder())
        {
            var (name, longest) = (EvidenceLayout.Name(part), EvidenceLayout.MaxLength(part));
            if (bytes.Length == 0 || bytes.Length > longest)
                throw new ArgumentException($"{name} would have {bytes.Length} bytes, it has 1 to {longest}.", nameof(parts));
        }
        var totals = LeafTotals.None;
        var (crc, length) = (0u, 0L);
        var chunks = new List<(ulong, uint)>();
        await foreach (var leaf in leaves(cancellation).WithCancellation(cancellation))
        {
            totals = totals.Add(leaf);
            var bytes = leaf.Encode();
            crc = Crc32.Append(crc, bytes);
            length += bytes.Length;
            if (leaf is ChunkLeaf chunk && include(leaf.Index))
                chunks.Add((leaf.Index, (uint)chunk.CipherLength));
        }
        if (manifest.WithLeaves(totals, manifest.SessionRoot) != manifest)
            throw new ArgumentException($"The manifest counts {manifest.LeafCount} leaves, and not these {totals.Leaves}.", nameof(leaves));
        if (length > EvidenceLayout.MaxLeavesLength)
            throw new ArgumentException($"leaves.txt would have {length} bytes, beyond {EvidenceLayout.MaxLeavesLength}.", nameof(leaves));
        var content = EvidenceLayout.ContentOf((ulong)chunks.Count, totals.Chunks);
        var head = new EvidenceHead(manifest.Network, manifest.Session, content).Encode();
        return new EvidenceFileWriter(parts, leaves, head, crc, (uint)length, chunks);
    }

    /// <summary>Writes the file. May be called again, for a second copy.</summary>
    /// <param name="destination">Only written to, never sought; left open.</param>
    /// <param name="readChunk">Where the ciphertext comes from; not called where no chunk is included.</param>
    /// <exception cref="InvalidOperationException">The leaves are not those of the plan.</exception>
    public async Task WriteAsync(Stream destination, ReadChunk readChunk, CancellationToken cancellation)
    {
        var output = new Output(destination);
        await output.EntryAsync(EvidencePart.Evidence, _head, cancellation);
        foreach (var (part, bytes) in _parts.InOrder())
        {
            await output.EntryAsync(part, bytes, cancellation);
            if (part == EvidencePart.ManifestNote)
                await WriteLeavesAsync(output, cancellation);
        }
        // Not of the pool, whose next size up is 16 MiB for a chunk of 10.
        var buffer = GC.AllocateUninitializedArray<byte>(LongestChunk);
        foreach (var (index, length) in _chunks)
        {
            var cipher = buffer.AsMemory(0, (int)length);
            await readChunk(index, cipher, cancellation);
            await output.EntryAsync(EvidencePart.Chunk, cipher, cancellation, index);
        }
        await output.EndAsync(cancellation);
    }

    private async Task WriteLeavesAsync(Output output, CancellationToken cancellation)
    {
        await output.HeaderAsync(EvidencePart.Leaves, 0, _leavesLength, _leavesCrc, cancellation);
        var buffer = new ArrayBufferWriter<byte>(BufferLength);
        var (crc, length) = (0u, 0L);
        await foreach (var leaf in _leaves(cancellation).WithCancellation(cancellation))
        {
            var bytes = leaf.Encode();
            crc = Crc32.Append(crc, bytes);
            length += bytes.Length;
            buffer.Write(bytes);
            if (buffer.WrittenCount < BufferLength - Leaf.MaxEncodedLength)
                continue;
            await output.ContentAsync(buffer.WrittenMemory, cancellation);
            buffer.ResetWrittenCount();
        }
        await output.ContentAsync(buffer.WrittenMemory, cancellation);
        if (crc != _leavesCrc || length != _leavesLength)
            throw new InvalidOperationException("The leaves changed between planning and writing; the file is not usable.");
    }

    private long ComputeLength()
    {
        var (offset, directory, entries) = (0L, 0L, 0L);
        Count(EvidencePart.Evidence, _head.Length);
        foreach (var (part, bytes) in _parts.InOrder())
        {
            Count(part, bytes.Length);
            if (part == EvidencePart.ManifestNote)
                Count(EvidencePart.Leaves, _leavesLength);
        }
        foreach (var (index, length) in _chunks)
            Count(EvidencePart.Chunk, length, index);
        return offset + directory + ZipProfile.End(entries, offset, directory).Length;

        void Count(EvidencePart part, long length, ulong chunk = 0)
        {
            var entry = new EvidenceEntry(part, chunk, (uint)length, 0, offset);
            directory += ZipProfile.CentralHeaderLength(entry);
            offset = entry.ContentOffset + length;
            entries++;
        }
    }

    /// <summary>Puts entries one after the other and remembers them for the central directory.</summary>
    private sealed class Output(Stream destination)
    {
        private readonly List<EvidenceEntry> _entries = [];
        private long _offset;

        public async Task EntryAsync(EvidencePart part, ReadOnlyMemory<byte> content, CancellationToken cancellation, ulong chunk = 0)
        {
            await HeaderAsync(part, chunk, (uint)content.Length, Crc32.Of(content.Span), cancellation);
            await ContentAsync(content, cancellation);
        }

        public Task HeaderAsync(EvidencePart part, ulong chunk, uint length, uint crc, CancellationToken cancellation)
        {
            var entry = new EvidenceEntry(part, chunk, length, crc, _offset);
            _entries.Add(entry);
            return ContentAsync(ZipProfile.LocalHeader(entry), cancellation);
        }

        public async Task ContentAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
        {
            await destination.WriteAsync(bytes, cancellation);
            _offset += bytes.Length;
        }

        public async Task EndAsync(CancellationToken cancellation)
        {
            var start = _offset;
            var buffer = new ArrayBufferWriter<byte>(BufferLength);
            foreach (var entry in _entries)
            {
                buffer.Write(ZipProfile.CentralHeader(entry));
                if (buffer.WrittenCount < BufferLength - ZipProfile.MaxCentralLength)
                    continue;
                await ContentAsync(buffer.WrittenMemory, cancellation);
                buffer.ResetWrittenCount();
            }
            await ContentAsync(buffer.WrittenMemory, cancellation);
            await ContentAsync(ZipProfile.End(_entries.Count, start, _offset - start), cancellation);
        }
    }
}
