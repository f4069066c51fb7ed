using System.Security.Cryptography;
using Lucid.Evidence;
using Lucid.Evidence.Compression;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Recording;

/// <summary>Compresses, encrypts and hashes one chunk in memory. Plaintext never leaves it but as ciphertext.</summary>
/// <param name="options">The compression's budget.</param>
/// <param name="threadClock">Times the budget, asked on the thread that compresses.</param>
public sealed class ChunkSealer(RecordingOptions options, ChunkBuffers buffers, TimeProvider threadClock)
{
    /// <summary>Bytes that a chunk of at most <paramref name="length"/> bytes needs at once: as it came, compressed, and encrypted.</summary>
    public static long MemoryFor(int length)
    {
        var packed = GzipBlocks.MaxCompressedLength(length);
        return (long)ChunkBuffers.SizeOf(length) + ChunkBuffers.SizeOf(packed) + ChunkBuffers.SizeOfCipher((int)Cobblestone.CipherLength(packed));
    }

    /// <summary>What the recorder recognises the same plaintext by.</summary>
    public static Hash256 Mac(SessionKey key, Guid session, ReadOnlySpan<byte> plain)
    {
        var macKey = key.PlaintextMacKey(session);
        var mac = PlaintextMac.Compute(macKey, plain);
        CryptographicOperations.ZeroMemory(macKey);
        return new Hash256(mac);
    }

    /// <summary>Seals; <paramref name="stage"/> is told of each stage as it is done.</summary>
    /// <param name="cores">Those that compute on chunks of this size; the idle ones help with the compression.</param>
    public SealedChunk Seal(
        CorePool cores, SessionKey key, Guid session, ulong index, int track, ChunkTimes times, ReadOnlyMemory<byte> plain,
        Action<ChunkStage> stage)
    {
        var packed = buffers.Rent(GzipBlocks.MaxCompressedLength(plain.Length));
        try
        {
            var job = new GzipJob(plain, packed, new GzipBudget { PerChunk = options.CompressionBudget, Clock = threadClock });
            cores.Share(job.Blocks, job.Work);
            var gzip = job.Finish();
            stage(ChunkStage.Compressed);
            var length = (int)Cobblestone.CipherLength(gzip.Length);
            var (buffer, start) = buffers.RentForCipher(length);
            var cipher = buffer.AsMemory(start, length);
            Cobblestone.Encrypt(
                key.ChunkKey(session, index), SessionKey.ChunkContext(session, index, ChunkCodec.Gzip), packed.AsSpan(0, gzip.Length), cipher.Span);
            stage(ChunkStage.Encrypted);
            var root = SegmentTree.Root(cipher.Span, parallelism: 1);
            stage(ChunkStage.Hashed);
            var leaf = new ChunkLeaf(session, index, track, times.StartMs, times.EndMs, ChunkCodec.Gzip, plain.Length, length, root);
            return new SealedChunk(leaf, cipher, buffer, gzip.MeanLevel, buffers);
        }
        finally
        {
            // It held plaintext.
            CryptographicOperations.ZeroMemory(packed.AsSpan(0, GzipBlocks.MaxCompressedLength(plain.Length)));
            buffers.Return(packed);
        }
    }
}

/// <summary>A chunk ready to be stored. Dispose it to give its buffer back.</summary>
public sealed class SealedChunk(ChunkLeaf leaf, ReadOnlyMemory<byte> cipher, byte[] buffer, double gzipLevel, ChunkBuffers buffers) : IDisposable
{
    public ChunkLeaf Leaf => leaf;
    public ReadOnlyMemory<byte> Cipher => cipher;

    /// <summary>The mean level over the chunk's blocks.</summary>
    public double GzipLevel => gzipLevel;

    public void Dispose() => buffers.Return(buffer);
}
