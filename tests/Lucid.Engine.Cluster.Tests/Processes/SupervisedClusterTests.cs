using System.Collections.Immutable;
using System.Diagnostics;
using Lucid.Silo.Storage;
using Lucid.Silo.Supervision;
using Lucid.Silo.Tests.Database;

namespace Lucid.Engine.Cluster.Tests.Processes;

/// <summary>`lucid up --cluster 3` as a person starts it: what dies there, its supervisor starts again.</summary>
[Collection(ProcessTests.Name)]
public sealed class SupervisedClusterTests(ITestOutputHelper output)
{
    private static readonly TimeSpan _back = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Silo_Killed_IsStartedAgain_WithItsData_AndEverySessionFinishes()
    {
        PostgresServer.Require();
        var cancellation = TestContext.Current.CancellationToken;
        var home = Directory.CreateTempSubdirectory("lucid-up-").FullName;
        var running = Path.Combine(home, "running");
        await File.WriteAllBytesAsync(running, [], cancellation);
        var data = new DataFolder(Path.Combine(home, "data"));
        Directory.CreateDirectory(data.Root);
        try
        {
            // A block a second, so that nobody waits for anchors.
            await using var cluster = new ClusterNode("cluster", data, ImmutableDictionary<string, string?>.Empty.Add("LUCID__BLOCKINTERVAL", "1000"), running)
            {
                Arguments = ["up", "--cluster", "3", "--data", data.Root, "--urls", "http://127.0.0.1:0"],
            };
            try
            {
                await KillOneAsync(cluster, cancellation);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                throw new InvalidOperationException($"{failure.Message}\nThe cluster had said:\n{string.Join('\n', cluster.LastLines)}", failure);
            }
        }
        finally
        {
            // Where its supervisor had to be killed its nodes still drain.
            await Leftovers.EndAsync(new ClusterFolder(data.Root).Running, _back, TimeProvider.System, _ => { }, CancellationToken.None);
            Directory.Delete(home, recursive: true);
        }
    }

    private async Task KillOneAsync(ClusterNode cluster, CancellationToken cancellation)
    {
        cluster.Start();
        using var gateway = new GatewayClient(await cluster.ReadyAsync(cancellation), (await File.ReadAllTextAsync(cluster.Folder.Token, cancellation)).Trim());
        await using var recordings = await Recordings.StartAsync([gateway], 10, cancellation);
        var victim = recordings.Sessions[0].Recorders.Values.Last();
        using (var process = Process.GetProcessById(FindSilo(Path.Combine(cluster.Folder.Root, victim))))
            process.Kill();
        var killed = Stopwatch.StartNew();
        await cluster.SaysAsync($"{victim} was ended by signal 9. It is started again in 20 s", _back, cancellation);
        await recordings.GoOnAsync(cancellation);
        output.WriteLine($"Every session had a new receipt {killed.Elapsed.TotalSeconds:0.0} s after {victim} was killed.");
        await cluster.SaysAsync($"{victim} is ready again.", _back, cancellation);
        output.WriteLine($"It was back after {killed.Elapsed.TotalSeconds:0.0} s.");
        await recordings.FinishAsync(cluster.Folder.Trust, cancellation);
        output.WriteLine($"{recordings.Receipts} receipts are honoured.");
        await cluster.StopAsync();
    }

    /// <summary>The process of the silo that has a data directory; its guard, a shell, has the same environment.</summary>
    private static int FindSilo(string data) => Process.GetProcessesByName("dotnet").Select(process => process.Id).Single(id =>
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/environ").Split('\0').Contains($"LUCID__DATA={data}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });
}
