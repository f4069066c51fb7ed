using System.Runtime.InteropServices;

namespace Lucid.Silo.Clustering;

/// <summary>The end of a process that may not even drain.</summary>
internal static partial class ProcessEnd
{
    /// <summary>Whoever minds the process should start it again.</summary>
    public const int StartAgain = 4;

    /// <param name="why">A sentence without its point.</param>
    public static void Now(string why)
    {
        Console.Error.WriteLine($"lucid up: {why}.");
        Console.Error.Flush();
        // Environment.Exit would let the host stop in good order first, and write what is no longer ours.
        if (OperatingSystem.IsWindows())
            Environment.FailFast(why);
        ExitAtOnce(StartAgain);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitAtOnce(int code);
}
