using Lucid.Evidence;
using Lucid.Silo.Hosting;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Recording;

/// <summary>The silo's verb `restore-keys`, which `lucid keys restore` calls.</summary>
internal static class KeyRestoreCommand
{
    public const string Usage = "Usage: lucid keys restore FILE [--data DIR]";

    /// <returns>0: every session key opens. 1: some do not, and are named. 2: nothing was changed.</returns>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        var (file, data) = args switch
        {
            [var one] => (one, NodeOptions.DefaultData),
            [var one, "--data", var directory] => (one, directory),
            _ => ("", ""),
        };
        if (file.Length == 0)
        {
            error.WriteLine(Usage);
            return 2;
        }
        try
        {
            var folder = new DataFolder(Path.GetFullPath(data));
            if (!Directory.Exists(folder.Root))
                throw new InvalidDataException($"there is no directory {folder.Root}; name the node's with --data DIR");
            var recovery = RecoveryKeyFile.Read(file);
            using var held = NodeLock.Take(folder);
            var result = new KeyRestore(folder).Run(recovery);
            foreach (var failed in result.Failed)
                error.WriteLine($"lucid keys restore: {failed}.");
            if (result.Erased > 0)
                output.WriteLine($"{result.Erased} keys of sessions that were erased are destroyed again.");
            output.WriteLine($"The key ring {KeyRingFile.PathIn(folder)} opens {result.Opened} session keys; {result.Rewrapped} were wrapped anew, {result.Failed.Length} do not open.");
            return result.Failed.IsEmpty ? 0 : 1;
        }
        catch (Exception exception) when (exception is InvalidDataException or MalformedException or DataFolderInUseException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"lucid keys restore: {exception.Message.TrimEnd('.')}.");
            return 2;
        }
    }
}
