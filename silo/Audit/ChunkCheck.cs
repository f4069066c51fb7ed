using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;

namespace Lucid.Silo.Audit;

/// <summary>
/// One file of ciphertext against its leaf. The root over its segments is the truth. Where it is another, the key, if it is there, tells
/// which records were altered and so which segments: a leaf holds no hashes of single segments.
/// </summary>
internal static class ChunkCheck
{
    private const string Cure = "This chunk cannot be proved any more. Put the file back from a backup or from an evidence file of the session";
    private const int SegmentsNamed = 5;

    /// <param name="chunkKey">Null where there is no key; cleared here.</param>
    /// <returns>Whether the file is there.</returns>
    public static bool Run(string path, ChunkLeaf leaf, byte[]? chunkKey, AuditFindings findings)
    {
        byte[]? buffer = null;
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(file);
            // A file that grew beyond what any chunk has is read as far as a chunk can go: it is wrong anyway.
            buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, ChunkLeaf.MaxCipherLength));
            var cipher = buffer.AsMemory(0, Ledger.TwinFile.ReadFully(file, buffer.AsSpan(0, (int)Math.Min(length, ChunkLeaf.MaxCipherLength)), 0));
            findings.Counted(length);
            if (FindFault(cipher, length, leaf, chunkKey) is { } fault)
                findings.Damage(path, fault, Cure);
            else if (chunkKey is not null && !IsOpenedBy(chunkKey, leaf, cipher))
                findings.Damage(path, "the ciphertext is what was sealed, but the session's key does not open it", "It can be proved, but not read. Put the session's key back from a backup");
            return true;
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            findings.Damage(path, $"it cannot be read: {unreadable.Message}", Cure);
            return true;
        }
        finally
        {
            if (buffer is not null)
                ArrayPool<byte>.Shared.Return(buffer);
            CryptographicOperations.ZeroMemory(chunkKey);
        }
    }

    private static string? FindFault(ReadOnlyMemory<byte> cipher, long length, ChunkLeaf leaf, byte[]? chunkKey)
    {
        if (length == leaf.CipherLength && SegmentTree.Root(cipher.Span) == leaf.Root)
            return null;
        var where = chunkKey is null ? "" : Locate(cipher, leaf, chunkKey);
        return length != leaf.CipherLength
            ? string.Create(CultureInfo.InvariantCulture, $"it has {length} bytes, and {leaf.CipherLength} were sealed{where}")
            : $"its bytes are not those that were sealed{where}";
    }

    /// <summary>Which segments were altered, as far as the authentication of the records tells.</summary>
    private static string Locate(ReadOnlyMemory<byte> cipher, ChunkLeaf leaf, byte[] chunkKey)
    {
        try
        {
            // Read as long as it was sealed: bytes that are missing make the records around them bad, and those before them stay good.
            using var records = Open(chunkKey, leaf, cipher);
            var bad = new List<long>();
            var plain = new byte[Cobblestone.RecordSize];
            for (long record = 0; record * Cobblestone.RecordSize <= records.ClaimedLength; record++)
            {
                try
                {
                    // One byte short: a read that reaches the message's end would have the last record checked as well.
                    records.Read(record * Cobblestone.RecordSize, plain.AsSpan(0, (int)Math.Clamp(records.ClaimedLength - (record * Cobblestone.RecordSize) - 1, 0, plain.Length)));
                    if ((record + 1) * Cobblestone.RecordSize > records.ClaimedLength)
                        records.AuthenticLength();
                }
                catch (CobblestoneException)
                {
                    bad.Add(record);
                }
            }
            CryptographicOperations.ZeroMemory(plain);
            return bad.Count == 0 ? "" : Describe(bad, leaf.CipherLength);
        }
        catch (CobblestoneException other)
        {
            return other.Fault == CobblestoneFault.WrongKeyOrContext
                ? ": in segment 0, bytes 0 to 55 are altered, or it is another chunk's ciphertext"
                : "";
        }
    }

    private static string Describe(List<long> records, long length)
    {
        var segments = records
            .SelectMany(record => new[] { Begin(record), Math.Min(Begin(record + 1), length) - 1 })
            .Select(offset => Math.Max(0, offset) / SegmentTree.SegmentSize).Distinct().Order().ToList();
        var more = segments.Count > SegmentsNamed ? $" and {segments.Count - SegmentsNamed} more" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $": altered from byte {Begin(records[0])} on, in segment {string.Join(", ", segments.Take(SegmentsNamed))}{more} of {SegmentTree.SegmentCount(length)}");
    }

    private static long Begin(long record) => Cobblestone.HeaderSize + (record * Cobblestone.CipherRecordSize);

    private static bool IsOpenedBy(byte[] chunkKey, ChunkLeaf leaf, ReadOnlyMemory<byte> cipher)
    {
        try
        {
            Open(chunkKey, leaf, cipher).Dispose();
            return true;
        }
        catch (CobblestoneException)
        {
            return false;
        }
    }

    private static CobblestoneFile Open(byte[] chunkKey, ChunkLeaf leaf, ReadOnlyMemory<byte> cipher) => CobblestoneFile.Open(
        chunkKey, SessionKey.ChunkContext(leaf.Session, leaf.Index, leaf.Codec), leaf.CipherLength,
        (offset, destination) =>
        {
            if (offset >= cipher.Length)
                return 0;
            var taken = cipher.Span[(int)offset..];
            taken = taken[..Math.Min(taken.Length, destination.Length)];
            taken.CopyTo(destination);
            return taken.Length;
        });
}
