using System.Security.Cryptography;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;

namespace Lucid.Silo.Recording;

/// <summary>What `lucid keys backup` writes out: `lucid.recovery-key/1`, the network's id and the key, a line each.</summary>
internal sealed record RecoveryKeyFile(Hash256 Network, byte[] Key)
{
    // Three lines of a fixed length.
    private const int Length = 21 + 65 + 65;

    public byte[] Encode() => new RecordWriter().Line("lucid.recovery-key/1"u8).Line(Network).Hex(Key).ToArray();

    /// <exception cref="MalformedException">It is no recovery key. The message names the file, and quotes nothing of it.</exception>
    public static RecoveryKeyFile Read(string path)
    {
        byte[] text;
        try
        {
            using var file = File.OpenHandle(path);
            text = new byte[Length + 1];
            text = text[..Ledger.TwinFile.ReadFully(file, text, 0)];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new MalformedException("recovery key", $"{path} cannot be read ({unreadable.Message})");
        }
        try
        {
            var reader = new RecordReader("recovery key", text);
            reader.Literal("lucid.recovery-key/1"u8);
            var read = new RecoveryKeyFile(reader.Hash("the network's id"), reader.Hex("the key", SessionKey.Size));
            reader.End();
            return read;
        }
        catch (MalformedException damage)
        {
            throw new MalformedException("recovery key", $"{path} is no recovery key as lucid keys backup writes it, or is damaged{KeyRingFile.Place(damage)}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }
}
