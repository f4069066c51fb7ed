using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Silo.Storage;

/// <summary>
/// Writes large content from memory to the disk without a copy in the page cache (O_DIRECT), where system, file system and memory allow it:
/// nobody reads soon what a recorder stores, and that copy was a quarter of its time. Elsewhere it is an ordinary write; the file is the same.
/// </summary>
internal static partial class DirectWrite
{
    /// <summary>What memory, offset and length have to be a multiple of, in bytes: no disk in use has larger blocks.</summary>
    public const int Alignment = 4096;

    private const int GetFlags = 3;
    private const int SetFlags = 4;
    private const int InvalidArgument = 22;

    // The one flag of open(2) that differs between the two; elsewhere writes are ordinary.
    private static readonly int _flag = !OperatingSystem.IsLinux() ? 0 : RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 0x4000,
        Architecture.Arm64 => 0x10000,
        _ => 0,
    };

    /// <summary>Where in a pinned buffer content has to begin so that it can be written directly.</summary>
    public static int StartIn(byte[] pinned) =>
        (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0) & (Alignment - 1));

    /// <summary>Writes a new file's whole content. It is on the disk after <see cref="DurableFile.Sync"/>, as with any write.</summary>
    public static async Task WriteAsync(SafeFileHandle file, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var direct = await WriteBlocksAsync(file, content[..(content.Length / Alignment * Alignment)], cancellation);
        await RandomAccess.WriteAsync(file, content[direct..], direct, cancellation);
    }

    /// <returns>Bytes written: all of them, or none where they have to be written the ordinary way.</returns>
    private static async Task<int> WriteBlocksAsync(SafeFileHandle file, ReadOnlyMemory<byte> blocks, CancellationToken cancellation)
    {
        if (blocks.IsEmpty || !IsAligned(blocks) || !TrySet(file, _flag))
            return 0;
        try
        {
            await RandomAccess.WriteAsync(file, blocks, 0, cancellation);
            return blocks.Length;
        }
        catch (IOException refused) when (refused.HResult == InvalidArgument)
        {
            // A file system that takes the flag, and wants more of the memory than we know.
            return 0;
        }
        finally
        {
            _ = TrySet(file, 0);
        }
    }

    private static unsafe bool IsAligned(ReadOnlyMemory<byte> blocks)
    {
        using var pinned = blocks.Pin();
        return ((nint)pinned.Pointer & (Alignment - 1)) == 0;
    }

    private static bool TrySet(SafeFileHandle file, int flag)
    {
        if (_flag == 0)
            return false;
        var flags = Control(file, GetFlags, 0);
        return flags >= 0 && Control(file, SetFlags, (flags & ~_flag) | flag) == 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeFileHandle file, int command, nint argument);
}
