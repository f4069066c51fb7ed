using System.Runtime.InteropServices;

namespace Lucid.Silo.Supervision;

/// <summary>Makes folders that only their owner may enter, and never takes one that is there: below /tmp anybody could have put it.</summary>
internal static partial class PrivateFolder
{
    private const uint OwnerOnly = 0x1C0;

    /// <param name="owner">Null for whoever we are.</param>
    /// <exception cref="IOException">It is there, or cannot be made.</exception>
    public static void Make(string path, UnprivilegedUser? owner)
    {
        if (MakeDirectory(path, OwnerOnly) != 0 || (owner is not null && ChangeOwner(path, owner.User, owner.Group) != 0))
            throw new IOException($"The folder {path} cannot be made: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
    }

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeDirectory(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
