namespace Lucid.Bench;

/// <summary>Other programs, as a shell runs them.</summary>
internal static class Shell
{
    /// <summary>Runs a line of bash in which any failing part fails the whole; what it says is told only then.</summary>
    public static async Task RunAsync(string line, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("bash", ["-eo", "pipefail", "-c", line])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"`{line}` ended with {process.ExitCode}: {await said}");
    }

    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Bytes of all files below a folder.</summary>
    public static long SizeOf(string folder) =>
        Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length) : 0;
}
