using System.ComponentModel;
using System.Diagnostics;

namespace Lucid.Cli.Node;

/// <summary>Runs the silo program for what only it can do, and passes on what it says.</summary>
internal static class SiloRun
{
    /// <summary>Runs it until it ends, or until cancelled.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="CliException">It is nowhere, or cannot be started.</exception>
    public static async Task<int> RunAsync(Surroundings surroundings, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var command = SiloProgram.Find(surroundings.Environment);
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new CliException($"'{command[0]}' cannot be started: {e.Message}", e, ExitCode.NoNode);
        }
        using (process)
        {
            try
            {
                await Task.WhenAll(
                    PassOnAsync(process.StandardOutput, surroundings.Out, cancellation),
                    PassOnAsync(process.StandardError, surroundings.Error, cancellation),
                    process.WaitForExitAsync(cancellation));
                return process.ExitCode;
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
                throw;
            }
        }
    }

    // By pieces, not by lines: progress is one line that is written over.
    private static async Task PassOnAsync(StreamReader from, TextWriter to, CancellationToken cancellation)
    {
        var buffer = new char[4096];
        while (await from.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
            await to.FlushAsync(cancellation);
        }
    }
}
