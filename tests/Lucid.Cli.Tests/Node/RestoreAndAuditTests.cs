using System.Diagnostics;
using Lucid.Cli.Node;
using Lucid.Cli.Terminal;

namespace Lucid.Cli.Tests.Node;

/// <summary>A data directory after losses, with the real programs: what the audit says of it, and what restoring the keys makes good.</summary>
public sealed class RestoreAndAuditTests
{
    [Fact]
    public async Task KeyRing_ThatIsLost_IsNamedWithItsCure_AndRestored_AndErasedSessionsStayErased()
    {
        using var cli = new CliRun();
        await File.WriteAllTextAsync(cli.File("lucid.json"), """{ "BlockInterval": 200 }""", TestContext.Current.CancellationToken);
        var (kept, erased) = (cli.File("kept", [1, 2, 3]), cli.File("erased", [4, 5, 6]));
        await RunAsync(cli, 0, "record", kept);
        await RunAsync(cli, 0, "record", erased);
        await RunAsync(cli, 0, "keys", "backup", cli.File("recovery.key"));
        var wrapped = Directory.GetFiles(cli.File("keys/sessions"), "*.key", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes, StringComparer.Ordinal);
        await RunAsync(cli, 0, "erase", SessionOf(cli, "erased"), "--yes");
        await StopNodeAsync(cli);
        await RunAsync(cli, 0, "audit");

        // The copy of the wrapped keys is older than the erasure.
        File.Delete(cli.File("keys/ring"));
        foreach (var (file, bytes) in wrapped)
            await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        await RunAsync(cli, 1, "audit");
        Assert.Contains("damage: keys/ring: the key ring is missing", cli.Out.ToString(), StringComparison.Ordinal);
        await RunAsync(cli, 3, "play", kept + ".lucid");
        Assert.Contains("lucid keys restore FILE --data", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(cli.File("keys/ring")));

        await RunAsync(cli, 0, "keys", "restore", cli.File("recovery.key"));
        Assert.Contains("1 keys of sessions that were erased are destroyed again", cli.Out.ToString(), StringComparison.Ordinal);
        await RunAsync(cli, 0, "audit");
        await RunAsync(cli, 0, "play", kept + ".lucid", "-o", cli.File("played"));
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(cli.File("played"), TestContext.Current.CancellationToken));
        await RunAsync(cli, 1, "play", erased + ".lucid");
    }

    [Fact]
    public async Task Node_ThatWasKilled_LeavesNothingThatTheAuditCallsDamage()
    {
        using var cli = new CliRun();
        await File.WriteAllTextAsync(cli.File("lucid.json"), """{ "BlockInterval": 200 }""", TestContext.Current.CancellationToken);
        await RunAsync(cli, 0, "record", cli.File("a", [1, 2, 3]));
        using (var node = Process.GetProcessById(new NodeFiles(cli.Home).ReadNotice()!.Pid))
        {
            await RunAsync(cli, 0, "audit");
            node.Kill();
            await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        await RunAsync(cli, 0, "audit");
        await RunAsync(cli, 2, "audit", "--url", "http://127.0.0.1:1");
        await RunAsync(cli, 2, "audit", "--data", cli.File("nowhere"));
    }

    private static string SessionOf(CliRun cli, string file) => cli.Error.ToString().Split('\n')
        .Last(line => line.StartsWith("Session ", StringComparison.Ordinal) && line.Contains($"{file}.lucid", StringComparison.Ordinal)).Split(' ')[1];

    private static async Task StopNodeAsync(CliRun cli)
    {
        if (new NodeFiles(cli.Home).ReadNotice() is not { } notice)
            return;
        using var node = Process.GetProcessById(notice.Pid);
        _ = Libc.kill(notice.Pid, Libc.SignalTerminate);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static async Task RunAsync(CliRun cli, int expected, params string[] arguments)
    {
        var code = await cli.RunAsync(arguments);
        Assert.True(code == expected, $"lucid {string.Join(' ', arguments)} ended with {code}, expected was {expected}:\n{cli.Error}\n{cli.Out}");
    }
}
