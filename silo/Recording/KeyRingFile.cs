using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Recording;

/// <summary>
/// The key ring as it lies on the disk, mode 600: `lucid.key-ring/2`, the number of keys, a line each for every key's name and bytes, and the
/// SHA-256 of the lines before: else a flipped digit would be another key, under which new sessions would be wrapped. The recorder's keys stand
/// in the order of their making, the recovery key last. Version 1 had no last line.
/// </summary>
internal static class KeyRingFile
{
    public static string PathIn(DataFolder folder) => Path.Combine(folder.Keys, "ring");

    /// <summary>What makes a new ring where there is a recovery key.</summary>
    public static string RestoreCommand(string ring) => $"lucid keys restore FILE --data '{Path.GetDirectoryName(Path.GetDirectoryName(ring))}' (FILE: what lucid keys backup wrote)";

    public static byte[] Encode(ImmutableArray<WrappingKey> keys)
    {
        var writer = new RecordWriter().Line("lucid.key-ring/2"u8).Line((long)keys.Length);
        foreach (var key in keys)
            writer.Line(key.Name).Hex(key.Bytes);
        return writer.Line(Hash256.Of(writer.ToArray())).ToArray();
    }

    /// <exception cref="MalformedException">The file is damaged, or others may read it. The message names it, and quotes nothing of it.</exception>
    public static (ImmutableArray<WrappingKey> Keys, bool IsOld) Read(string file)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ~DurableFile.OwnerOnly) != UnixFileMode.None)
            throw new MalformedException("key ring", $"{file}: others may read or change these keys. Run: chmod 600 '{file}'");
        var text = File.ReadAllBytes(file);
        try
        {
            var reader = new RecordReader("key ring", text);
            var isOld = text.AsSpan().StartsWith("lucid.key-ring/1\n"u8);
            reader.Literal(isOld ? "lucid.key-ring/1"u8 : "lucid.key-ring/2"u8);
            var count = reader.SmallNumber("the number of keys", 16);
            var keys = ImmutableArray.CreateBuilder<WrappingKey>(count);
            for (var i = 0; i < count; i++)
                keys.Add(new WrappingKey(reader.Text(64, "a key's name"), reader.Hex("a key", SessionKey.Size)));
            var sum = Hash256.Of(text.AsSpan(0, reader.Position));
            if (!isOld && reader.Hash("the SHA-256 of these lines") != sum)
                throw new MalformedException("key ring", "its SHA-256 is another");
            reader.End();
            return count >= 2 && keys[^1].Name == WrappingKey.Recovery
                ? (keys.MoveToImmutable(), isOld)
                : throw new MalformedException("key ring", "it holds no recorder's key or no recovery key");
        }
        catch (MalformedException damage)
        {
            throw new MalformedException("key ring", $"{file} is damaged{Place(damage)}; put it back from a backup, or run: {RestoreCommand(file)}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>The line that the reader stopped at, and nothing more of its message, which quotes the line: it may be a key.</summary>
    public static string Place(MalformedException damage)
    {
        var said = damage.Message.AsSpan(Math.Min(damage.Message.Length, damage.Record.Length + ": line ".Length));
        var end = said.IndexOf(':');
        return end > 0 && int.TryParse(said[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var line) ? $" in line {line}" : "";
    }
}

/// <summary>A key-encryption key: the recorder's own, `recorder-N`, or the recovery key.</summary>
internal sealed record WrappingKey(string Name, byte[] Bytes)
{
    public const string Recovery = "recovery";

    public static WrappingKey Make(string name) => new(name, RandomNumberGenerator.GetBytes(SessionKey.Size));

    /// <summary>Null where the wrapper is damaged, or of another key: another one may still be whole.</summary>
    public SessionKey? TryUnwrap(Wrapper wrapper)
    {
        byte[] plain = [];
        try
        {
            plain = KeyWrap.Unwrap(Bytes, wrapper.Wrapped);
            return plain.Length == SessionKey.Size ? new SessionKey(plain) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }
}
