using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Lucid.Evidence.Compression;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Files;

/// <summary>
/// Where the entries of an evidence file lie, from its central directory: for players and extractors, which go to single chunks of a
/// seekable file. It holds to the same form as <see cref="EvidenceFileReader"/>, but reads no content until asked: it does not verify.
/// </summary>
public sealed class EvidenceFileIndex
{
    private const string Record = "evidence file";

    private readonly Stream _file;
    private readonly EvidenceEntry[] _entries;
    private readonly int _firstChunk;

    private EvidenceFileIndex(Stream file, EvidenceEntry[] entries)
    {
        (_file, _entries) = (file, entries);
        _firstChunk = Array.FindIndex(entries, entry => entry.Part == EvidencePart.Chunk) is >= 0 and var first ? first : entries.Length;
    }

    /// <summary>All entries, in the order of the file.</summary>
    public IReadOnlyList<EvidenceEntry> Entries => _entries;

    /// <summary>The chunks that the file holds, ascending.</summary>
    public ReadOnlySpan<EvidenceEntry> Chunks => _entries.AsSpan(_firstChunk);

    /// <summary>Reads the central directory.</summary>
    /// <param name="file">Seekable; used by this object from now on, from one thread at a time, and left open.</param>
    /// <exception cref="MalformedException">The directory is not that of an evidence file.</exception>
    public static async Task<EvidenceFileIndex> OpenAsync(Stream file, CancellationToken cancellation)
    {
        var (count, start, length, end) = await ReadEndAsync(file, cancellation);
        // No entry takes less than its fixed part in the directory: a count too large for the file is refused before it costs anything.
        if (count > length / 46 || start < 0 || length < 0 || start + length != file.Length - end.Length)
            throw new MalformedException(Record, "the end of the central directory does not fit the file");
        file.Position = start;
        var entries = new EvidenceEntry[count];
        var header = new byte[ZipProfile.MaxCentralLength];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = await ReadCentralHeaderAsync(file, header, cancellation);
        if (file.Position != start + length || !end.AsSpan().SequenceEqual(ZipProfile.End(count, start, length)))
            throw new MalformedException(Record, "the central directory does not have the length that its end says");
        for (var i = 0; i < entries.Length; i++)
        {
            var next = i + 1 < entries.Length ? entries[i + 1].Offset : start;
            if (entries[i].ContentOffset + entries[i].Length != next || (i == 0 && entries[0].Offset != 0))
                throw new MalformedException(Record, $"{entries[i].Name} does not end where the next entry begins");
            if (i > 0 && (entries[i].Part, entries[i].Chunk).CompareTo((entries[i - 1].Part, entries[i - 1].Chunk)) <= 0)
                throw new MalformedException(Record, $"{entries[i].Name} stands in the wrong place");
        }
        return new EvidenceFileIndex(file, entries);
    }

    /// <summary>The entry of a chunk.</summary>
    /// <returns>False where the file does not hold that chunk.</returns>
    public bool TryFindChunk(ulong index, out EvidenceEntry entry)
    {
        var (low, high) = (_firstChunk, _entries.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            entry = _entries[middle];
            if (entry.Chunk == index)
                return true;
            (low, high) = entry.Chunk < index ? (middle + 1, high) : (low, middle - 1);
        }
        entry = default;
        return false;
    }

    /// <summary>Reads the ciphertext of a chunk, of <paramref name="destination"/>'s length, and checks its CRC.</summary>
    /// <exception cref="MalformedException">The file does not hold that chunk whole.</exception>
    public async ValueTask ReadChunkAsync(ulong index, Memory<byte> destination, CancellationToken cancellation)
    {
        if (!TryFindChunk(index, out var entry))
            throw new MalformedException(Record, $"it does not hold chunk {index}");
        if (entry.Length != destination.Length)
            throw new MalformedException(Record, $"chunk {index} has {entry.Length} bytes, its leaf says {destination.Length}");
        await ReadContentAsync(entry, destination, cancellation);
    }

    /// <summary>Reads part of an entry's content, without a check: what it is worth is for who decrypts it to find out.</summary>
    /// <returns>How many bytes were read, fewer than asked for only at the content's end.</returns>
    public async ValueTask<int> ReadAtAsync(EvidenceEntry entry, long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        var length = (int)Math.Clamp(entry.Length - offset, 0, destination.Length);
        _file.Position = entry.ContentOffset + offset;
        return await _file.ReadAtLeastAsync(destination[..length], length, throwOnEndOfStream: false, cancellation);
    }

    /// <summary>The small entries.</summary>
    /// <exception cref="MalformedException">One of them is missing or damaged.</exception>
    public async Task<EvidenceParts> ReadPartsAsync(CancellationToken cancellation)
    {
        var parts = new Dictionary<EvidencePart, ReadOnlyMemory<byte>>();
        foreach (var entry in _entries)
        {
            if (entry.Part is EvidencePart.Leaves or EvidencePart.Chunk)
                continue;
            var content = new byte[entry.Length];
            await ReadContentAsync(entry, content, cancellation);
            parts[entry.Part] = content;
        }
        ReadOnlyMemory<byte> Need(EvidencePart part) => parts.TryGetValue(part, out var bytes)
            ? bytes
            : throw new MalformedException(Record, $"it holds no {EvidenceLayout.Name(part)}");
        return new EvidenceParts
        {
            Manifest = Need(EvidencePart.Manifest),
            ManifestNote = Need(EvidencePart.ManifestNote),
            Receipt = Need(EvidencePart.Receipt),
            Block = Need(EvidencePart.Block),
            Certificate = Need(EvidencePart.Certificate),
            Validators = Need(EvidencePart.Validators),
            After = parts.TryGetValue(EvidencePart.AfterBlock, out var after)
                ? new AfterBlockParts(after, Need(EvidencePart.AfterCertificate), parts.GetValueOrDefault(EvidencePart.AfterValidators))
                : null,
        };
    }

    /// <summary>The session's leaves, read piece by piece. Finish with them before asking this object for anything else.</summary>
    /// <exception cref="MalformedException">leaves.txt is missing or damaged.</exception>
    public async IAsyncEnumerable<Leaf> ReadLeavesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var entry = Array.Find(_entries, entry => entry.Part == EvidencePart.Leaves);
        if (entry.Part != EvidencePart.Leaves)
            throw new MalformedException(Record, $"it holds no {EvidenceLayout.Name(EvidencePart.Leaves)}");
        var reader = new LeafReader();
        var piece = new byte[64 * 1024];
        var crc = 0u;
        for (var offset = 0L; offset < entry.Length;)
        {
            var length = await ReadAtAsync(entry, offset, piece, cancellation);
            if (length == 0)
                throw new MalformedException(Record, $"{entry.Name} is cut off");
            crc = Crc32.Append(crc, piece.AsSpan(0, length));
            offset += length;
            reader.Append(piece.AsSpan(0, length));
            while (reader.TryRead(out var leaf, out _))
                yield return leaf;
        }
        reader.End();
        if (crc != entry.Crc)
            throw new MalformedException(Record, $"{entry.Name}: its content does not have the CRC that the directory says");
    }

    private async Task ReadContentAsync(EvidenceEntry entry, Memory<byte> destination, CancellationToken cancellation)
    {
        if (await ReadAtAsync(entry, 0, destination, cancellation) != destination.Length || Crc32.Of(destination.Span) != entry.Crc)
            throw new MalformedException(Record, $"{entry.Name}: its content does not have the CRC that the directory says");
    }

    /// <summary>Count of entries, offset and length of the directory, and the bytes of the end itself.</summary>
    private static async Task<(long Count, long Start, long Length, byte[] End)> ReadEndAsync(Stream file, CancellationToken cancellation)
    {
        const int longest = ZipProfile.Zip64EndLength + ZipProfile.Zip64LocatorLength + ZipProfile.EndLength;
        var end = new byte[Math.Min(file.Length, longest)];
        if (end.Length < ZipProfile.EndLength)
            throw new MalformedException(Record, $"with {file.Length} bytes it is none");
        file.Position = file.Length - end.Length;
        await file.ReadExactlyAsync(end, cancellation);
        var plain = end.AsSpan(end.Length - ZipProfile.EndLength);
        var (count, length, start) = (
            (long)BinaryPrimitives.ReadUInt16LittleEndian(plain[10..]),
            (long)BinaryPrimitives.ReadUInt32LittleEndian(plain[12..]),
            (long)BinaryPrimitives.ReadUInt32LittleEndian(plain[16..]));
        if (!ZipProfile.NeedsZip64(count, start, length))
            return (count, start, length, plain.ToArray());
        return end.Length < longest
            ? throw new MalformedException(Record, "the end of the central directory is cut off")
            : (BinaryPrimitives.ReadInt64LittleEndian(end.AsSpan(32)), BinaryPrimitives.ReadInt64LittleEndian(end.AsSpan(48)),
                BinaryPrimitives.ReadInt64LittleEndian(end.AsSpan(40)), end);
    }

    private static async ValueTask<EvidenceEntry> ReadCentralHeaderAsync(Stream file, byte[] header, CancellationToken cancellation)
    {
        await FillAsync(0, 46);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(30));
        if (nameLength > EvidenceLayout.MaxNameLength || extraLength is not (0 or 12))
            throw new MalformedException(Record, "the central directory holds an entry that is not an evidence file's");
        var headerLength = 46 + nameLength + extraLength;
        await FillAsync(46, headerLength);
        var offset = extraLength == 0
            ? UInt32At(42)
            : BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(46 + nameLength + 4));
        var entry = EvidenceLayout.TryParse(Encoding.Latin1.GetString(header, 46, nameLength), out var part, out var chunk)
            ? new EvidenceEntry(part, chunk, UInt32At(20), UInt32At(16), offset)
            : default;
        return offset >= 0 && entry.Length <= EvidenceLayout.MaxLength(entry.Part) &&
            header.AsSpan(0, headerLength).SequenceEqual(ZipProfile.CentralHeader(entry))
            ? entry
            : throw new MalformedException(Record, "the central directory holds an entry that is not an evidence file's");

        uint UInt32At(int position) => BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(position));

        async ValueTask FillAsync(int from, int to)
        {
            var piece = header.AsMemory(from, to - from);
            if (await file.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancellation) < piece.Length)
                throw new MalformedException(Record, "the central directory is cut off");
        }
    }
}
