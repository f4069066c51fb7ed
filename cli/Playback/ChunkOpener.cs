using System.Security.Cryptography;
using Lucid.Evidence;
using Lucid.Evidence.Compression;
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
            using var gzip = GzipBlocks.OpenRead(new MemoryStream(_packed, 0, packed.Length, writable: false), chunk.PlainLength);
            gzip.ReadExactly(plain.Span);
            // That nothing comes after it is checked once more is asked for.
            _ = gzip.ReadByte();
            return plain;
        }
        catch (Exception e) when (e is CobblestoneException or MalformedException or EndOfStreamException)
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
