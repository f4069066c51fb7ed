using Lucid.Silo.Hosting;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Doctor;

/// <summary>What is unsafe of a data directory. Reads names and permissions, and no secret.</summary>
internal static class FolderExamination
{
    // A node that runs has some for a moment.
    private static readonly TimeSpan _unfinishedFor = TimeSpan.FromHours(1);

    public static IEnumerable<UnsafeSetting> Find(DataFolder folder, NodeOptions options, DateTimeOffset now)
    {
        if (!Directory.Exists(folder.Root))
            return [];
        return [.. Permissions(folder), .. Keys(folder, options), .. Leftovers(folder, now)];
    }

    private static IEnumerable<UnsafeSetting> Permissions(DataFolder folder)
    {
        // Closed, it closes all that is in it.
        if (OpenMode.Of(folder.Root) is not { } open)
            yield break;
        yield return new(folder.Root, open, "others on this machine can look into it", $"Run: chmod 700 '{folder.Root}'");
        IEnumerable<string> secrets = [folder.Token, Path.Combine(folder.Root, "lucid.json")];
        if (Directory.Exists(folder.Keys))
            secrets = secrets.Concat(Directory.EnumerateFiles(folder.Keys));
        foreach (var file in secrets.Where(file => new FileInfo(file) is { Exists: true, Length: > 0 }))
        {
            if (OpenMode.Of(file) is { } mode)
                yield return new(file, mode, "others on this machine can read or change it", $"Run: chmod 600 '{file}'");
        }
    }

    private static IEnumerable<UnsafeSetting> Keys(DataFolder folder, NodeOptions options)
    {
        if (options.Role != NodeRole.Gateway && Directory.Exists(folder.Keys) && !File.Exists(KeyRing.BackupMarkIn(folder)))
        {
            yield return new("the recovery key", null, "it is not backed up, so whoever loses this disk loses all recordings on it",
                $"Run `lucid keys backup FILE` while the node runs, and keep the file and a copy of {Path.Combine(folder.Keys, "sessions")} elsewhere");
        }
    }

    private static IEnumerable<UnsafeSetting> Leftovers(DataFolder folder, DateTimeOffset now)
    {
        if (File.Exists(folder.NodeFile) && NodeFile.Find(folder) is null)
            yield return new(folder.NodeFile, null, "the node that it tells of was killed", "Start the node, which finds out what it missed, or delete the file");
        foreach (var place in new[] { folder.Root, folder.Keys }.Where(Directory.Exists))
        {
            foreach (var file in Directory.EnumerateFiles(place, $"*{DurableFile.UnfinishedSuffix}").Where(file => File.GetLastWriteTimeUtc(file) < (now - _unfinishedFor).UtcDateTime))
                yield return new(file, null, "a crash left it behind, unfinished, and it may hold what was to be secret", "Delete it");
        }
    }
}
