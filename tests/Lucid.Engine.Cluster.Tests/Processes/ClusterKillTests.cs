using System.Diagnostics;
using System.Net;
using System.Text;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Verification;

namespace Lucid.Engine.Cluster.Tests.Processes;

/// <summary>Sessions record on a real cluster while parts of it die, stop, or are cut off. Every receipt is honoured, and all evidence verifies.</summary>
[Collection(ProcessTests.Name)]
public sealed class ClusterKillTests(ProcessClusters clusters, ITestOutputHelper output)
{
    private const int Sessions = 10;

    // One that answers nothing has to miss several probes first, and those who probe wait longer while the machine is busy.
    private static readonly TimeSpan _declaredDead = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan _leaves = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan _databaseAway = TimeSpan.FromMinutes(1);

    [Fact]
    public Task Recorder_Killed_ItsSessionsGoOnAtOthers_AndFinishWhenItIsBack() => clusters.UseAsync(async (cluster, cancellation) =>
    {
        await using var recordings = await Recordings.StartAsync(cluster.Gateways, Sessions, cancellation);
        var victim = cluster.Silos[^1];
        var moved = recordings.Sessions.First(session => session.Recorders.Values.Contains(victim.Name));
        var lost = moved.Recorders.First(chunk => chunk.Value == victim.Name).Key;

        await victim.KillAsync();
        var goesOn = await recordings.GoOnAsync(cancellation);
        output.WriteLine($"Every one of {Sessions} sessions had a new receipt {goesOn.TotalSeconds:0.0} s after {victim.Name} was killed.");
        Assert.NotEqual(victim.Name, (await moved.ViewAsync(cancellation)).GetProperty("recorder").GetString());
        await CheckAwayAsync(cluster, new GatewayRequest(HttpMethod.Get, $"sessions/{moved.Id}/chunks/{lost}"), cancellation);

        await cluster.BecomeWholeAsync(cancellation);
        await recordings.GoOnAsync(cancellation);
        await FinishAsync(cluster, recordings, cancellation);
    });

    [Fact]
    public Task SiloWithTheLedger_Killed_SessionsThatStopWaitForIt() => clusters.UseAsync(async (cluster, cancellation) =>
    {
        await using var recordings = await Recordings.StartAsync(cluster.Gateways, Sessions, cancellation);
        await cluster.Ledger.KillAsync();
        var goesOn = await recordings.GoOnAsync(cancellation);
        output.WriteLine($"Every one of {Sessions} sessions had a new receipt {goesOn.TotalSeconds:0.0} s after {cluster.Ledger.Name}, which has the ledger, was killed.");
        await recordings.RestAsync();
        var stopped = Stopwatch.StartNew();
        await Task.WhenAll(recordings.Sessions.Select(session => session.StopAsync(cancellation)));
        output.WriteLine($"All were stopped within {stopped.Elapsed.TotalSeconds:0.0} s.");
        foreach (var session in recordings.Sessions)
        {
            var view = await session.ViewAsync(cancellation);
            Assert.True(view.GetProperty("status").GetString() == "anchoring", $"It should wait for the ledger: {view.GetRawText()}");
            Assert.Contains(cluster.Ledger.Name, view.GetProperty("waiting").GetString(), StringComparison.Ordinal);
        }

        await cluster.BecomeWholeAsync(cancellation);
        await recordings.CheckAsync(cluster.Trust, cancellation);
        Tell(recordings);
    });

    /// <summary>It hangs: it answers nobody, and when it goes on it is in the middle of what it did.</summary>
    [Fact]
    public Task Silo_Suspended_LeavesTheClusterByItself_AndNothingIsLost() => clusters.UseAsync(async (cluster, cancellation) =>
    {
        await using var recordings = await Recordings.StartAsync(cluster.Gateways, Sessions, cancellation);
        var victim = cluster.Silos[^1];
        victim.Suspend();
        await DeclaredDeadAsync(cluster, victim, recordings, cancellation);
        victim.Continue();
        await LeavesAsync(victim, cancellation);
        await cluster.BecomeWholeAsync(cancellation);
        await recordings.GoOnAsync(cancellation);
        await FinishAsync(cluster, recordings, cancellation);
        output.WriteLine($"{cluster.RefusedVersions} writes of stale activations were refused.");
    });

    /// <summary>It works on, reads and writes the database, and hears the others, but nothing that it says over the network arrives.</summary>
    [Fact]
    public async Task Silo_CutOff_LeavesTheClusterByItself_AndNothingIsLost()
    {
        NetworkCut.Require();
        await clusters.UseAsync(async (cluster, cancellation) =>
        {
            await using var recordings = await Recordings.StartAsync(cluster.Gateways, Sessions, cancellation);
            var victim = cluster.Silos[^1];
            using (await NetworkCut.StartAsync(victim.Group, cancellation))
            {
                await DeclaredDeadAsync(cluster, victim, recordings, cancellation);
                await LeavesAsync(victim, cancellation);
            }
            await cluster.BecomeWholeAsync(cancellation);
            await recordings.GoOnAsync(cancellation);
            await FinishAsync(cluster, recordings, cancellation);
        });
    }

    /// <summary>As if another activation of the same session had written: what this one writes next is refused, and it starts from what is stored.</summary>
    [Fact]
    public Task Session_WrittenByAnotherActivation_RefusesTheStaleOnesWrite_AndGoesOn() => clusters.UseAsync(async (cluster, cancellation) =>
    {
        await using var recordings = await Recordings.StartAsync(cluster.Gateways, Sessions, cancellation);
        var before = cluster.RefusedVersions;
        foreach (var session in recordings.Sessions)
            await cluster.RaiseVersionAsync(session.Id, cancellation);
        await recordings.GoOnAsync(cancellation);
        var refused = cluster.RefusedVersions - before;
        Assert.True(refused >= Sessions, $"{Sessions} sessions had another version stored than their activations knew, and {refused} writes were refused.");
        await FinishAsync(cluster, recordings, cancellation);
    });

    [Fact]
    public Task Silos_RestartedOneByOne_EveryRequestIsAnswered() => clusters.UseAsync(async (cluster, cancellation) =>
    {
        await using var recordings = await Recordings.StartAsync(cluster.Gateways, Sessions, cancellation);
        foreach (var silo in cluster.Silos)
        {
            var stopping = Stopwatch.StartNew();
            await silo.StopAsync();
            var stopped = stopping.Elapsed;
            await cluster.BecomeWholeAsync(cancellation);
            var goesOn = await recordings.GoOnAsync(cancellation);
            output.WriteLine($"{silo.Name} stopped within {stopped.TotalSeconds:0.0} s and was back after {stopping.Elapsed.TotalSeconds:0.0} s; every session had a new receipt {goesOn.TotalSeconds:0.0} s later.");
        }
        await FinishAsync(cluster, recordings, cancellation);
    });

    [Fact]
    public Task Database_AwayForAWhile_ClientsWaitAndGoOn() => clusters.UseAsync(async (cluster, cancellation) =>
    {
        await using var recordings = await Recordings.StartAsync(cluster.Gateways, Sessions, cancellation);
        await cluster.StopDatabaseAsync();
        await CheckAwayAsync(cluster, new GatewayRequest(HttpMethod.Get, "sessions"), cancellation);
        await Task.Delay(_databaseAway, TimeProvider.System, cancellation);
        await cluster.StartDatabaseAsync(cancellation);
        var goesOn = await recordings.GoOnAsync(cancellation);
        output.WriteLine($"Every session had a new receipt {goesOn.TotalSeconds:0.0} s after PostgreSQL, which was away for {_databaseAway.TotalSeconds} s, was back.");
        await FinishAsync(cluster, recordings, cancellation);
    });

    [Fact]
    public Task Sessions_RecordedThroughTwoGatewaysInTurn_AreWhole() => clusters.UseAsync(async (cluster, cancellation) =>
    {
        await cluster.AddGatewayAsync(cancellation);
        await using var recordings = await Recordings.StartAsync(cluster.Gateways, 3, cancellation);
        for (var i = 0; i < 5; i++)
            await recordings.GoOnAsync(cancellation);
        await FinishAsync(cluster, recordings, cancellation);
        await CheckAuditAsync(cluster, recordings, cancellation);
    });

    private async Task DeclaredDeadAsync(ProcessCluster cluster, ClusterNode victim, Recordings recordings, CancellationToken cancellation)
    {
        var away = Stopwatch.StartNew();
        await cluster.UntilAsync($"{victim.Name} to be declared dead", states => states.GetValueOrDefault(victim.Name) == "dead", _declaredDead, cancellation);
        output.WriteLine($"{victim.Name} was declared dead after {away.Elapsed.TotalSeconds:0.0} s.");
        var goesOn = await recordings.GoOnAsync(cancellation);
        output.WriteLine($"Every session had a new receipt {goesOn.TotalSeconds:0.0} s later.");
    }

    /// <summary>It says why, and with which exit code it does is a promise to whoever minds it.</summary>
    private static async Task LeavesAsync(ClusterNode victim, CancellationToken cancellation)
    {
        var code = await victim.Exited.WaitAsync(_leaves, TimeProvider.System, cancellation);
        Assert.Equal(4, code);
        Assert.Contains(victim.LastLines, line => line.StartsWith($"lucid up: {victim.Name} ends: the cluster has declared it dead", StringComparison.Ordinal));
    }

    /// <summary>503 with Retry-After: what is asked for is there again once what it lies on is.</summary>
    private static async Task CheckAwayAsync(ProcessCluster cluster, GatewayRequest request, CancellationToken cancellation)
    {
        var answer = await cluster.Gateways[0].TryAsync(request, cancellation);
        answer.Require(answer is { Status: HttpStatusCode.ServiceUnavailable, RetryAfter: not null });
    }

    /// <summary>What all gateways have recorded is one log, whose roots are in the ledger: an export of it verifies offline.</summary>
    private static async Task CheckAuditAsync(ProcessCluster cluster, Recordings recordings, CancellationToken cancellation)
    {
        string[] expected = [.. recordings.Sessions.Select(session => $"session/{session.Id:D}"), .. cluster.Gateways.Select((_, i) => $"gateway/gateway-{i + 1}")];
        byte[] file;
        // The newest records wait for a block.
        for (var waited = Stopwatch.StartNew(); ;)
        {
            file = (await cluster.Gateways[^1].SendAsync(new GatewayRequest(HttpMethod.Get, "audit/export?format=json"), cancellation)).Body;
            var resources = AuditExport.Parse(file).Records.Select(one => AuditRecord.Parse(Encoding.UTF8.GetBytes(one.Record)).Event.Resource).ToHashSet(StringComparer.Ordinal);
            if (resources.IsSupersetOf(expected))
                break;
            Assert.True(waited.Elapsed < GatewayClient.Patience, $"Not in the audit log: {string.Join(", ", expected.Except(resources))}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellation);
        }
        var report = AuditVerifier.Verify(file, new TrustStore(cluster.Trust).Load());
        Assert.True(report.Verdict == Verdict.Verified, report.Summary);
    }

    private async Task FinishAsync(ProcessCluster cluster, Recordings recordings, CancellationToken cancellation)
    {
        await recordings.FinishAsync(cluster.Trust, cancellation);
        Tell(recordings);
    }

    private void Tell(Recordings recordings) => output.WriteLine(
        $"{recordings.Receipts} receipts of {recordings.Sessions.Count} sessions are honoured; the slowest came after {recordings.SlowestReceipt.TotalSeconds:0.0} s.");
}
