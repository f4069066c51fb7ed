using Lucid.Silo.Hosting;

namespace Lucid.Silo.Doctor;

/// <summary>What is unsafe of the files that options name and that hold a secret. Reads their permissions, and none of them; a node refuses private keys that are open to others itself.</summary>
internal static class SecretFileExamination
{
    public static IEnumerable<UnsafeSetting> Find(NodeOptions options)
    {
        (string Option, string? Path)[] files = [("cluster.databaseFile", options.Cluster.DatabaseFile), ("mail.passwordFile", options.Mail.PasswordFile)];
        foreach (var (option, path) in files.Where(file => File.Exists(file.Path)))
        {
            var real = File.ResolveLinkTarget(path!, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path!);
            if (OpenMode.Of(real) is { } mode && !IsBehindClosedFolder(real))
                yield return new(option, $"{path}, which is {mode}", "others on this machine can read or change the secret in it", $"Run: chmod 600 '{path}'");
        }
    }

    /// <summary>A folder that is closed closes all that is in it.</summary>
    private static bool IsBehindClosedFolder(string path)
    {
        for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (OpenMode.Of(folder) is null)
                return true;
        }
        return false;
    }
}
