using System.Diagnostics;

namespace Lucid.Engine.Cluster.Tests.Processes;

/// <summary>
/// While it lasts, whatever the processes of one group send over the network is dropped on its way, acknowledgements too: the kernel is told
/// so with nftables. The rule belongs to a process of ours that holds it, so that it goes with us, however we end.
/// </summary>
internal sealed class NetworkCut : IDisposable
{
    private const string Program = "/usr/sbin/nft";
    private static readonly TimeSpan _begins = TimeSpan.FromSeconds(30);

    private readonly Process _holder;

    private NetworkCut(Process holder) => _holder = holder;

    /// <summary>Skips the test where nothing can be dropped.</summary>
    public static void Require()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may drop the traffic of a process");
        Assert.SkipUnless(File.Exists(Program), "nftables is not installed; ./lucid test --install-packages installs it");
        var (code, said) = Run("list", "tables");
        Assert.SkipWhen(code != 0, $"nftables cannot be used here: {said.Trim()}");
    }

    public static async Task<NetworkCut> StartAsync(int group, CancellationToken cancellation)
    {
        var table = $"lucid_test_{group}";
        // Interactive, and so for as long as its input stays open.
        var holder = Process.Start(new ProcessStartInfo(Program, ["-i"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var cut = new NetworkCut(holder);
        try
        {
            await holder.StandardInput.WriteAsync(
                $$"""
                add table inet {{table}} { flags owner; }
                add chain inet {{table}} sent { type filter hook output priority 0; policy accept; }
                add rule inet {{table}} sent meta skgid {{group}} drop

                """.AsMemory(), cancellation);
            await holder.StandardInput.FlushAsync(cancellation);
            for (var waited = Stopwatch.StartNew(); ;)
            {
                var (code, said) = Run("list", "table", "inet", table);
                if (code == 0 && said.Contains("drop", StringComparison.Ordinal))
                    return cut;
                Assert.True(waited.Elapsed < _begins, $"The rule that drops the traffic of group {group} was not there within {_begins.TotalSeconds} s: {said}");
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellation);
            }
        }
        catch
        {
            cut.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _holder.Kill();
        _holder.WaitForExit();
        _holder.Dispose();
    }

    private static (int Code, string Said) Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" 2>&1", Program, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said);
    }
}
