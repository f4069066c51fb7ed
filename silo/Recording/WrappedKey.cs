using System.Buffers;
using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Recording;

/// <summary>A session's key as it lies on the disk: wrapped under one or more named keys, with the salt that hides the owner.</summary>
internal sealed record WrappedKey(Guid Session, Hash256 Salt, ImmutableArray<Wrapper> Wrappers)
{
    private const int WrappedSize = SessionKey.Size + 8;

    public static string FolderIn(DataFolder folder) => Path.Combine(folder.Keys, "sessions");

    // A UUIDv7 begins with its time and ends at random: the end spreads sessions over 256 directories.
    public static string PathIn(DataFolder folder, Guid session) =>
        Path.Combine(FolderIn(folder), session.ToString("N")[^2..], $"{session:D}.key");

    public byte[] Encode()
    {
        var writer = new RecordWriter().Line("lucid.wrapped-key/1"u8).Line(Session).Line(Salt).Line((long)Wrappers.Length);
        foreach (var wrapper in Wrappers)
            writer.Line(wrapper.Name).Hex(wrapper.Wrapped);
        return writer.ToArray();
    }

    /// <exception cref="MalformedException">The file is damaged. The message names it, and quotes nothing of it.</exception>
    public static WrappedKey Read(string file) => Parse(file, File.ReadAllBytes(file));

    /// <inheritdoc cref="Read"/>
    public static WrappedKey Parse(string file, byte[] bytes)
    {
        try
        {
            return Parse(bytes);
        }
        catch (MalformedException damage)
        {
            throw new MalformedException("wrapped key", $"{file} is damaged{KeyRingFile.Place(damage)}; put it back from a backup");
        }
    }

    private static WrappedKey Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("wrapped key", bytes);
        reader.Literal("lucid.wrapped-key/1"u8);
        var (session, salt) = (reader.Session(), reader.Hash("a salt"));
        var count = reader.SmallNumber("the number of wrappers", 16);
        var wrappers = ImmutableArray.CreateBuilder<Wrapper>(count);
        for (var i = 0; i < count; i++)
            wrappers.Add(new Wrapper(reader.Text(64, "a key's name"), Wrapped(reader.Line())));
        reader.End();
        return new WrappedKey(session, salt, wrappers.MoveToImmutable());
    }

    // One that is damaged is one that no key opens, however it is damaged: the file stays readable for the other.
    private static byte[] Wrapped(ReadOnlySpan<byte> line)
    {
        var bytes = new byte[WrappedSize];
        var isWhole = line.Length == 2 * WrappedSize && !line.ContainsAnyInRange((byte)'A', (byte)'F') &&
            Convert.FromHexString(line, bytes, out _, out _) == OperationStatus.Done;
        return isWhole ? bytes : new byte[WrappedSize];
    }
}

internal sealed record Wrapper(string Name, byte[] Wrapped);
