using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Supervision;

/// <summary>`up --cluster N`: runs a cluster on this machine until Ctrl-C.</summary>
internal static class ClusterUp
{
    private const int Missing = 3;

    /// <summary>Another program than this one for the nodes.</summary>
    private const string ProgramVariable = "LUCID_SILO";

    /// <returns>The exit code: 0 once stopped, 3 where PostgreSQL is missing, else that of a node which cannot run.</returns>
    public static async Task<int> RunAsync(NodeOptions options, TextWriter output, TextWriter error)
    {
        if (!OperatingSystem.IsLinux())
        {
            error.WriteLine("lucid up: --cluster is for Linux; start silos and gateway one by one here, as deploy/compose.yaml does.");
            return Missing;
        }
        using var stop = new CancellationTokenSource();
        using var kill = new CancellationTokenSource();
        void Obey(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (stop.IsCancellationRequested)
            {
                kill.Cancel();
                return;
            }
            output.WriteLine("Stopping the gateway, the silos, and PostgreSQL. Ctrl-C again kills them.");
            stop.Cancel();
        }
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Obey);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Obey);
        try
        {
            await new LocalCluster(options, new SupervisorOptions(NodeCommand()), TimeProvider.System, output.WriteLine).RunAsync(stop.Token, kill.Token);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (PostgresMissingException missing)
        {
            error.WriteLine($"lucid up: {missing.Message}.");
            return Missing;
        }
        catch (NodeRefusedException refused)
        {
            error.WriteLine($"lucid up: {refused.Message}");
            return refused.ExitCode;
        }
    }

    private static ImmutableArray<string> NodeCommand()
    {
        var own = typeof(ClusterUp).Assembly.Location;
        var program = Environment.GetEnvironmentVariable(ProgramVariable) is { Length: > 0 } named ? named : own;
        // By the dotnet that runs us, which need not be the one in PATH.
        return program.EndsWith(".dll", StringComparison.Ordinal)
            ? [Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet")), program, "up"]
            : [program, "up"];
    }
}
