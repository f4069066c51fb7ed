namespace Lucid.Silo.Doctor;

/// <summary>Permissions of files that hold secrets.</summary>
internal static class OpenMode
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>What others may do with it, as the rest of "it is"; null where they may do nothing.</summary>
    /// <param name="path">Of what is there. What counts of a link is where it leads.</param>
    public static string? Of(string path)
    {
        if (OperatingSystem.IsWindows())
            return null;
        var mode = File.GetUnixFileMode(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        return (mode & Others) == UnixFileMode.None ? null : $"open to others (mode {Convert.ToString((int)mode, 8)})";
    }
}
