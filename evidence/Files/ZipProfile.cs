using System.Buffers.Binary;
using System.Text;

namespace Lucid.Evidence.Files;

/// <summary>One entry as the central directory knows it.</summary>
/// <param name="Part">Which.</param>
/// <param name="Chunk">The chunk's index, where it is one.</param>
/// <param name="Length">Bytes of content.</param>
/// <param name="Crc">CRC-32 of the content.</param>
/// <param name="Offset">Where its local header begins in the file.</param>
public readonly record struct EvidenceEntry(EvidencePart Part, ulong Chunk, uint Length, uint Crc, long Offset)
{
    /// <summary>The entry's name.</summary>
    public string Name => EvidenceLayout.Name(Part, Chunk);

    /// <summary>Where its content begins in the file.</summary>
    public long ContentOffset => Offset + ZipProfile.LocalHeaderLength(Name);
}

/// <summary>
/// The bytes around an evidence file's entries: the smallest part of ZIP (PKWARE APPNOTE 6.3) that every unzip reads, with no choice left
/// anywhere. Writer and reader both make them here; the reader compares.
/// </summary>
/// <remarks>
/// Entries are stored, with CRC and length in the local header. No flag is set: not the one for UTF-8 either, since all names are ASCII
/// and mean the same with and without it. The time is 1980-01-01 00:00, the attributes those of a regular file with mode 644.
/// ZIP64 appears where a 32-bit field cannot hold the value, and only there: as the extra field of a central header for an offset, and as
/// end record and locator for offset, length or count of the central directory. Content is always below 4 GiB, so local headers have none.
/// </remarks>
internal static class ZipProfile
{
    public const uint LocalSignature = 0x04034b50;
    public const uint CentralSignature = 0x02014b50;
    public const int LocalFixedLength = 30;
    public const int MaxCentralLength = 46 + EvidenceLayout.MaxNameLength + 12;
    public const int EndLength = 22;
    public const int Zip64EndLength = 56;
    public const int Zip64LocatorLength = 20;

    private const ushort StoredVersion = 10;
    private const ushort Zip64Version = 45;
    private const ushort MadeByUnix = (3 << 8) | Zip64Version;
    private const ushort FirstDay = (1 << 5) | 1;
    private const uint RegularFile = 0x81A4u << 16;

    public static int LocalHeaderLength(string name) => LocalFixedLength + name.Length;

    /// <summary>What stands before an entry's content.</summary>
    public static byte[] LocalHeader(in EvidenceEntry entry)
    {
        var name = entry.Name;
        var bytes = new byte[LocalHeaderLength(name)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, LocalSignature);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), StoredVersion);
        WriteCommon(bytes.AsSpan(6), entry, name);
        Encoding.ASCII.GetBytes(name, bytes.AsSpan(LocalFixedLength));
        return bytes;
    }

    /// <summary>CRC and length of a local header's fixed part, and how long the name is that follows.</summary>
    public static (uint Crc, uint Length, int NameLength) ReadLocalHeader(ReadOnlySpan<byte> fixedPart) => (
        BinaryPrimitives.ReadUInt32LittleEndian(fixedPart[14..]),
        BinaryPrimitives.ReadUInt32LittleEndian(fixedPart[18..]),
        BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[26..]));

    /// <summary>An entry's part of the central directory.</summary>
    public static byte[] CentralHeader(in EvidenceEntry entry)
    {
        var name = entry.Name;
        var zip64 = entry.Offset >= uint.MaxValue;
        var bytes = new byte[CentralHeaderLength(entry)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, CentralSignature);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), MadeByUnix);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), zip64 ? Zip64Version : StoredVersion);
        WriteCommon(bytes.AsSpan(8), entry, name);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(30), (ushort)(zip64 ? 12 : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(38), RegularFile);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(42), (uint)Math.Min(entry.Offset, uint.MaxValue));
        Encoding.ASCII.GetBytes(name, bytes.AsSpan(46));
        if (zip64)
        {
            var extra = bytes.AsSpan(46 + name.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(extra, 1);
            BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], 8);
            BinaryPrimitives.WriteInt64LittleEndian(extra[4..], entry.Offset);
        }
        return bytes;
    }

    public static int CentralHeaderLength(in EvidenceEntry entry) => 46 + entry.Name.Length + (entry.Offset >= uint.MaxValue ? 12 : 0);

    /// <summary>What ends the file, after the central directory.</summary>
    public static byte[] End(long entries, long directoryOffset, long directoryLength)
    {
        var zip64 = NeedsZip64(entries, directoryOffset, directoryLength);
        var bytes = new byte[EndLength + (zip64 ? Zip64EndLength + Zip64LocatorLength : 0)];
        var end = bytes.AsSpan();
        if (zip64)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06064b50);
            BinaryPrimitives.WriteInt64LittleEndian(end[4..], Zip64EndLength - 12);
            BinaryPrimitives.WriteUInt16LittleEndian(end[12..], MadeByUnix);
            BinaryPrimitives.WriteUInt16LittleEndian(end[14..], Zip64Version);
            BinaryPrimitives.WriteInt64LittleEndian(end[24..], entries);
            BinaryPrimitives.WriteInt64LittleEndian(end[32..], entries);
            BinaryPrimitives.WriteInt64LittleEndian(end[40..], directoryLength);
            BinaryPrimitives.WriteInt64LittleEndian(end[48..], directoryOffset);
            end = end[Zip64EndLength..];
            BinaryPrimitives.WriteUInt32LittleEndian(end, 0x07064b50);
            BinaryPrimitives.WriteInt64LittleEndian(end[8..], directoryOffset + directoryLength);
            BinaryPrimitives.WriteUInt32LittleEndian(end[16..], 1);
            end = end[Zip64LocatorLength..];
        }
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end[8..], (ushort)Math.Min(entries, ushort.MaxValue));
        BinaryPrimitives.WriteUInt16LittleEndian(end[10..], (ushort)Math.Min(entries, ushort.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(end[12..], (uint)Math.Min(directoryLength, uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(end[16..], (uint)Math.Min(directoryOffset, uint.MaxValue));
        return bytes;
    }

    // The largest value of each field says "see ZIP64", so a value that happens to be it needs ZIP64, too.
    public static bool NeedsZip64(long entries, long directoryOffset, long directoryLength) =>
        entries >= ushort.MaxValue || directoryOffset >= uint.MaxValue || directoryLength >= uint.MaxValue;

    /// <summary>The fields that local and central headers share: from the flags to the length of the name.</summary>
    private static void WriteCommon(Span<byte> bytes, in EvidenceEntry entry, string name)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], FirstDay);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], entry.Crc);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], entry.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], entry.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[20..], (ushort)name.Length);
    }
}
