using System.Diagnostics;
using System.Text.Json;
using Lucid.Cli.Node;

namespace Lucid.Cli.Tests.Node;

/// <summary>The audit log of the real node, from an event to an export that verifies elsewhere.</summary>
public sealed class RealAuditLogTests
{
    [Fact]
    public async Task Events_AreListed_ExportedAndVerifiedElsewhere()
    {
        using var cli = new CliRun();
        await File.WriteAllTextAsync(cli.File("lucid.json"), """{ "BlockInterval": 200 }""", TestContext.Current.CancellationToken);
        await SucceedsAsync(cli, "record", cli.File("a", [1, 2, 3]));
        try
        {
            Assert.Equal(2, await cli.RunAsync("events", "--format", "xml"));
            Assert.Equal(2, await cli.RunAsync("events", "--outcome", "odd"));
            Assert.Equal(2, await cli.RunAsync("events", "--limit", "0"));
            await SucceedsAsync(cli, "events", "--q", "nothing-like-that");
            cli.Out.GetStringBuilder().Clear();
            await SucceedsAsync(cli, "events", "--kind", "session_management", "--outcome", "success", "--json");
            using var events = JsonDocument.Parse(cli.Out.ToString());
            Assert.Contains(events.RootElement.EnumerateArray(), one => one.GetProperty("action").GetString() == "session_create");
            await SucceedsAsync(cli, "events");
            await SucceedsAsync(cli, "events", "--export", cli.File("audit.csv"), "--format", "csv");

            // The ledger has the root with the next block, and until then there is nothing to prove it by.
            var patience = Stopwatch.StartNew();
            while (await cli.RunAsync("events", "--export", cli.File("audit.json"), "--force") != 0)
                Assert.True(patience.Elapsed < TimeSpan.FromMinutes(1), cli.Error.ToString());
            using var elsewhere = new CliRun();
            await SucceedsAsync(elsewhere, "verify", cli.File("audit.json"), "--validators", Assert.Single(Directory.GetFiles(cli.File("trust"))));
            Assert.Contains("without a hole", elsewhere.Out.ToString(), StringComparison.Ordinal);
            // What it cannot be held against is refused, not passed over.
            Assert.Equal(2, await elsewhere.RunAsync("verify", cli.File("audit.json"), "--receipts", cli.File("receipts", [])));
            await SucceedsAsync(cli, "audit");
        }
        finally
        {
            using var node = Process.GetProcessById(new NodeFiles(cli.Home).ReadNotice()!.Pid);
            node.Kill();
            await node.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task SucceedsAsync(CliRun cli, params string[] arguments)
    {
        var code = await cli.RunAsync(arguments);
        Assert.True(code == 0, $"{string.Join(' ', arguments)} ended with {code}: {cli.Error}");
    }
}
