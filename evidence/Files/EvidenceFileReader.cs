using System.Buffers.Binary;
using System.Text;
using Lucid.Evidence.Compression;

namespace Lucid.Evidence.Files;

/// <summary>
/// Reads an evidence file in sequence from any stream, forward only, and refuses whatever <see cref="EvidenceFileWriter"/> would not have
/// written around the entries: another order, other header bytes, a CRC that differs, a central directory that differs in any byte, bytes
/// after the end. What the entries say is for the verifier.
/// </summary>
/// <remarks>
/// Take an entry with <see cref="NextAsync"/>, then all of its content, then the next; after null the file was read to its end and is
/// whole.
/// Lengths are limits to what is accepted, never sizes to allocate: memory is 64 KiB and about 50 bytes for each entry that was really
/// there.
/// </remarks>
public sealed class EvidenceFileReader
{
    private const string Record = "evidence file";

    /// <summary>Bytes taken at once from a long content: still in the processor's cache when the CRC passes over them.</summary>
    private const int Piece = 256 * 1024;

    private readonly Stream _source;
    private readonly bool _goOnPastDamage;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly List<EvidenceEntry> _entries = [];
    private int _position;
    private int _filled;
    private long _offset;
    private EvidenceEntry _current;
    private uint _left;

    /// <param name="source">Only read from, never sought; left open.</param>
    /// <param name="goOnPastDamage">
    /// Whether to go on to the next entry where a content's CRC differs. Who says so looks at <see cref="ContentCrc"/> after each.
    /// </param>
    public EvidenceFileReader(Stream source, bool goOnPastDamage = false) => (_source, _goOnPastDamage) = (source, goOnPastDamage);

    /// <summary>The stream ended where more had to follow: the file is cut off.</summary>
    public bool EndedEarly { get; private set; }

    /// <summary>The CRC-32 of the content read so far; at its end it is to be that of the entry.</summary>
    public uint ContentCrc { get; private set; }

    /// <summary>The next entry, or null after the last one, when the rest of the file is as it must be.</summary>
    /// <exception cref="MalformedException">The file deviates; the message says where and how.</exception>
    /// <exception cref="InvalidOperationException">The content of the entry before was not read to its end.</exception>
    public async ValueTask<EvidenceEntry?> NextAsync(CancellationToken cancellation)
    {
        if (_left > 0)
            throw new InvalidOperationException($"{_left} bytes of {_current.Name} were not read.");
        if (ContentCrc != _current.Crc && !_goOnPastDamage)
            throw new MalformedException(Record, $"{_current.Name} is damaged: its content does not have the CRC in its header");
        var start = _offset;
        var signature = await TakeAsync(4, "the next entry or the central directory", cancellation);
        if (BinaryPrimitives.ReadUInt32LittleEndian(signature) == ZipProfile.CentralSignature && MayEnd())
        {
            await CheckDirectoryAsync(start, cancellation);
            return null;
        }
        await ReadHeaderAsync(start, signature, cancellation);
        return _current;
    }

    /// <summary>Reads more of the entry's content, at least one byte; 0 at its end.</summary>
    /// <exception cref="MalformedException">The file is cut off.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        if (destination.Length > _left)
            destination = destination[..(int)_left];
        if (destination.Length == 0)
            return 0;
        int length;
        if (_position < _filled)
        {
            length = Math.Min(destination.Length, _filled - _position);
            _buffer.AsMemory(_position, length).CopyTo(destination);
            _position += length;
        }
        else
        {
            length = await _source.ReadAsync(destination, cancellation);
            if (length == 0)
                throw CutOff(_current.Name);
        }
        ContentCrc = Crc32.Append(ContentCrc, destination.Span[..length]);
        _left -= (uint)length;
        _offset += length;
        return length;
    }

    /// <summary>Reads the whole content into <paramref name="destination"/>, which has its length.</summary>
    /// <exception cref="MalformedException">The file is cut off.</exception>
    public async ValueTask ReadAllAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        if (destination.Length != _left)
            throw new ArgumentException($"{_current.Name} has {_left} bytes to read, not {destination.Length}.", nameof(destination));
        while (destination.Length > 0)
            destination = destination[await ReadAsync(destination[..Math.Min(destination.Length, Piece)], cancellation)..];
    }

    private async Task ReadHeaderAsync(long start, byte[] signature, CancellationToken cancellation)
    {
        var header = new byte[ZipProfile.LocalFixedLength + EvidenceLayout.MaxNameLength];
        signature.CopyTo(header, 0);
        (await TakeAsync(ZipProfile.LocalFixedLength - 4, "an entry's header", cancellation)).CopyTo(header, 4);
        var (crc, length, nameLength) = ZipProfile.ReadLocalHeader(header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != ZipProfile.LocalSignature || nameLength > EvidenceLayout.MaxNameLength)
            throw new MalformedException(Record, $"byte {start}: no header of {Expected()}");
        (await TakeAsync(nameLength, "an entry's name", cancellation)).CopyTo(header, ZipProfile.LocalFixedLength);

        var name = Encoding.Latin1.GetString(header, ZipProfile.LocalFixedLength, nameLength);
        if (!EvidenceLayout.TryParse(name, out var part, out var chunk) || !IsNext(part, chunk))
            throw new MalformedException(Record, $"byte {start}: expected {Expected()}, found an entry of another name");
        var entry = new EvidenceEntry(part, chunk, length, crc, start);
        if (!header.AsSpan(0, ZipProfile.LocalFixedLength + nameLength).SequenceEqual(ZipProfile.LocalHeader(entry)))
            throw new MalformedException(Record, $"byte {start}: the header of {name} is not written as an evidence file's is");
        if (length > EvidenceLayout.MaxLength(part))
            throw new MalformedException(Record, $"{name} says it has {length} bytes, at most {EvidenceLayout.MaxLength(part)} are allowed");
        if (length == 0 && part != EvidencePart.Leaves)
            throw new MalformedException(Record, $"{name} is empty");
        _entries.Add(entry);
        (_current, _left, ContentCrc) = (entry, length, 0);
    }

    private bool IsNext(EvidencePart part, ulong chunk)
    {
        if (_entries.Count == 0)
            return part == EvidencePart.Evidence;
        return _current.Part switch
        {
            EvidencePart.Chunk => part == EvidencePart.Chunk && chunk > _current.Chunk,
            EvidencePart.Validators => part is EvidencePart.AfterBlock or EvidencePart.Chunk,
            EvidencePart.AfterCertificate => part is EvidencePart.AfterValidators or EvidencePart.Chunk,
            var before => part == before + 1,
        };
    }

    private bool MayEnd() => _entries.Count > 0 && _current.Part >= EvidencePart.Validators && _current.Part != EvidencePart.AfterBlock;

    private string Expected()
    {
        if (_entries.Count == 0)
            return EvidenceLayout.Name(EvidencePart.Evidence);
        return _current.Part switch
        {
            EvidencePart.Validators => $"{EvidenceLayout.Name(EvidencePart.AfterBlock)}, a chunk or the central directory",
            EvidencePart.AfterCertificate => $"{EvidenceLayout.Name(EvidencePart.AfterValidators)}, a chunk or the central directory",
            EvidencePart.AfterValidators or EvidencePart.Chunk => "the next chunk or the central directory",
            var before => EvidenceLayout.Name(before + 1),
        };
    }

    /// <summary>Compares what follows with the one central directory and end that belong to the entries read.</summary>
    private async Task CheckDirectoryAsync(long start, CancellationToken cancellation)
    {
        var read = 4;
        foreach (var entry in _entries)
        {
            await CompareAsync(ZipProfile.CentralHeader(entry).AsMemory(read), $"the directory's entry for {entry.Name}", cancellation);
            read = 0;
        }
        await CompareAsync(ZipProfile.End(_entries.Count, start, _offset - start), "the end of the central directory", cancellation);
        if (_position < _filled || await FillAsync(cancellation))
            throw new MalformedException(Record, $"there are bytes after its end, which is at {_offset}");
    }

    private async Task CompareAsync(ReadOnlyMemory<byte> expected, string what, CancellationToken cancellation)
    {
        var found = await TakeAsync(expected.Length, what, cancellation);
        var same = expected.Span.CommonPrefixLength(found);
        if (same < expected.Length)
            throw new MalformedException(Record, $"byte {_offset - expected.Length + same}: {what} is not the one that belongs here");
    }

    /// <summary>Exactly that many bytes; only for the small things between contents.</summary>
    private async ValueTask<byte[]> TakeAsync(int length, string what, CancellationToken cancellation)
    {
        var bytes = new byte[length];
        for (var taken = 0; taken < length;)
        {
            if (_position == _filled && !await FillAsync(cancellation))
                throw CutOff(what);
            var some = Math.Min(length - taken, _filled - _position);
            _buffer.AsSpan(_position, some).CopyTo(bytes.AsSpan(taken));
            (_position, taken, _offset) = (_position + some, taken + some, _offset + some);
        }
        return bytes;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        (_position, _filled) = (0, await _source.ReadAsync(_buffer, cancellation));
        return _filled > 0;
    }

    private MalformedException CutOff(string what)
    {
        EndedEarly = true;
        return new MalformedException(Record, $"it is cut off after {_offset} bytes, in {what}");
    }
}
