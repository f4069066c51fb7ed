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
    private static readonly TimeSpan _recheck = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until nobody holds the file, and kills whoever still does after that long.</summary>
    /// <param name="running">See <see cref="GuardedProgram.Running"/>. Made where it is not there.</param>
    public static async Task EndAsync(string running, TimeSpan patience, TimeProvider clock, Action<string> say, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        var killed = new HashSet<int>();
        // Asked again and again, not awaited by their ids: a process that has ended keeps its id until its parent asks, and none may be left that does.
        for (var isFirst = true; Holders(running) is { Count: > 0 } holders; isFirst = false)
        {
            if (isFirst)
                say($"Waiting until {Count(holders)} of an earlier start {(holders.Count == 1 ? "has" : "have")} ended …");
            if (clock.GetElapsedTime(began) >= patience)
            {
                foreach (var holder in holders.Where(killed.Add))
                {
                    say($"Killing process {holder}, which has not ended within {patience.TotalSeconds:0} s.");
                    Kill(holder);
                }
            }
            await Task.Delay(_recheck, clock, cancellation);
        }
    }

    private static string Count(List<int> holders) => holders.Count == 1 ? "1 process" : $"{holders.Count} processes";

    /// <summary>The processes that hold a file open, us aside. Those of other users are not ours, and not seen.</summary>
    private static List<int> Holders(string path)
    {
        // How the kernel names the file, whatever symbolic links lead there: as it names our own descriptor.
        using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        var name = File.ResolveLinkTarget($"/proc/self/fd/{file.DangerousGetHandle()}", returnFinalTarget: false)!.FullName;
        var holders = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId && Holds(folder, name))
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

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // Ended by itself after all.
        }
    }
}
