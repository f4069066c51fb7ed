using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Lucid.Silo.Supervision;

/// <summary>
/// What a supervisor that was killed has left behind, while its guards are still ending it. All of it holds one file open, which tells more
/// than ids in a file could: an id may be another program's by now.
/// </summary>
internal static class Leftovers
{
    /// <summary>Waits until nobody holds the file, and kills whoever still does after that long.</summary>
    /// <param name="running">See <see cref="GuardedProgram.Running"/>. Made where it is not there.</param>
    public static async Task EndAsync(string running, TimeSpan patience, TimeProvider clock, Action<string> say, CancellationToken cancellation)
    {
        var holders = Holders(running);
        if (holders.Count == 0)
            return;
        say($"Waiting for what an earlier start left behind: {(holders.Count == 1 ? "process" : "processes")} {string.Join(", ", holders)}.");
        try
        {
            // By id, since a process that has ended does not become another one's child of ours.
            await Task.WhenAll(holders.Select(EndedAsync)).WaitAsync(patience, clock, cancellation);
        }
        catch (TimeoutException)
        {
            foreach (var holder in Holders(running))
            {
                say($"Killing process {holder}, which has not ended within {patience.TotalSeconds:0} s.");
                await KillAsync(holder);
            }
        }
    }

    /// <summary>The processes that hold a file open, us aside. Those of other users are not ours, and not seen.</summary>
    private static List<int> Holders(string path)
    {
        // How the kernel names the file, whatever symbolic links lead there: as it names our own descriptor.
        using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        var name = File.ResolveLinkTarget($"/proc/self/fd/{file.DangerousGetHandle()}", returnFinalTarget: false)!.FullName;
        var holders = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != System.Environment.ProcessId && Holds(folder, name))
                holders.Add(id);
        }
        return holders;
    }

    private static bool Holds(string process, string name)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")).Any(descriptor => new FileInfo(descriptor).LinkTarget == name);
        }
        // It has ended meanwhile, or is another user's.
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task EndedAsync(int id)
    {
        if (Find(id) is not { } process)
            return;
        using (process)
            await process.WaitForExitAsync();
    }

    private static async Task KillAsync(int id)
    {
        if (Find(id) is not { } process)
            return;
        using (process)
        {
            try
            {
                process.Kill();
            }
            catch (Exception gone) when (gone is InvalidOperationException or Win32Exception)
            {
                // Ended by itself after all.
            }
            await process.WaitForExitAsync();
        }
    }

    private static Process? Find(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
