using System.IO.Compression;
using System.Security.Cryptography;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Records;

namespace Lucid.Cli.Playback;

/// <summary>Decrypts and unpacks chunks, one after the other, in buffers that are used again.</summary>
internal sealed class ChunkOpener(Guid session, ChunkKeys keys)
{
    private byte[] _cipher = [];
    private byte[] _packed = [];
    private byte[] _plain = [];

    /// <summary>Where the ciphertext of the chunk goes before <see cref="Open"/>.</summary>
    public Memory<byte> Cipher(ChunkLeaf chunk) => Room(ref _cipher, chunk.CipherLength);

    /// <summary>The plaintext, valid until the next chunk.</summary>
    /// <exception cref="CliException">The key does not open the chunk, or what it opens is not what was packed.</exception>
    public ReadOnlyMemory<byte> Open(ChunkLeaf chunk)
    {
        var key = keys.ChunkKey(chunk.Index);
        try
        {
            var cipher = _cipher.AsSpan(0, chunk.CipherLength);
            var packed = Room(ref _packed, (int)Cobblestone.PlainLength(chunk.CipherLength));
            Cobblestone.Decrypt(key, SessionKey.ChunkContext(session, chunk.Index, chunk.Codec), cipher, packed.Span);
            if (chunk.Codec == ChunkCodec.None)
                return packed;
            var plain = Room(ref _plain, chunk.PlainLength);
            using var gzip = new GZipStream(new MemoryStream(_packed, 0, packed.Length, writable: false), CompressionMode.Decompress);
            gzip.ReadExactly(plain.Span);
            // The reader checks the end of the last member once it is asked for more.
            Span<byte> more = stackalloc byte[1];
            return gzip.Read(more) == 0 ? plain : throw new MalformedException("chunk", "it unpacks to more than its leaf says");
        }
        catch (Exception e) when (e is CobblestoneException or MalformedException or EndOfStreamException or InvalidDataException)
        {
            throw new CliException($"Chunk {chunk.Index} cannot be opened: {e.Message.TrimEnd('.')}. See: lucid verify", e, ExitCode.CheckFailed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static Memory<byte> Room(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
            buffer = new byte[length];
        return buffer.AsMemory(0, length);
    }
}
