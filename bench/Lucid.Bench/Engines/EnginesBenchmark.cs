using Lucid.Bench.Load;
using Lucid.Silo.Supervision;

namespace Lucid.Bench.Engines;

/// <summary>A node alone beside a gateway with one silo and a gateway with three: start, memory, calls, recording, load, and silos that are killed.</summary>
internal static class EnginesBenchmark
{
    // The longest idle limit there is: a day.
    private const int IdleSessionSeconds = 86_400;
    private const int LargestChunk = 64 << 10;

    public static string? FindMissing()
    {
        if (!OperatingSystem.IsLinux())
            return "engines starts PostgreSQL as a process of its own, which it can on Linux only";
        return PostgresPrograms.FindAll().Count > 0
            ? null
            : "engines needs PostgreSQL's server, in which a cluster keeps its state; on Debian and Ubuntu: sudo apt-get install postgresql";
    }

    public static async Task RunAsync(Effort effort, Report report)
    {
        using var folder = new TempFolder();
        string Sub(string name) => Directory.CreateDirectory(Path.Combine(folder.Path, name)).FullName;
        await using var postgres = await BenchPostgres.StartAsync(folder.Path);

        await using var node = await NodeProcess.StartAsync(Path.Combine(Sub("alone"), "data"));
        await using var one = await ClusterProcesses.StartAsync(Sub("one"), await postgres.CreateAsync("one"), silos: 1);
        await using var three = await ClusterProcesses.StartAsync(Sub("three"), await postgres.CreateAsync("three"), silos: 3);
        Contender[] all =
        [
            new("embedded node", node, [node]),
            new("gateway, 1 silo", one.Gateway, [.. one.All]),
            new("gateway, 3 silos", three.Gateway, [.. three.All]),
        ];
        await StartsAsync(effort, folder.Path, node, three, report);
        await MemoryAsync(effort, all, postgres, report);
        await EngineCalls.RunAsync(effort, all, one, three, postgres, report);
        await EngineRecording.RunAsync(effort, all, report);
        await LoadAsync(effort, three.Gateway, report);
        await SiloKills.RunAsync(effort, three, report);
    }

    private static async Task StartsAsync(Effort effort, string folder, NodeProcess node, ClusterProcesses cluster, Report report)
    {
        Say("start");
        var (nodes, gateways) = (new List<double> { node.ReadyAfter.TotalSeconds }, new List<double> { cluster.Gateway.ReadyAfter.TotalSeconds });
        for (var round = 2; round <= (effort.Quick ? 2 : 5); round++)
        {
            await using (var again = await NodeProcess.StartAsync(Path.Combine(folder, $"alone-{round}")))
                nodes.Add(again.ReadyAfter.TotalSeconds);
            await using (var gateway = await cluster.StartGatewayAsync($"gateway-{round}"))
                gateways.Add(gateway.ReadyAfter.TotalSeconds);
        }
        var alone = new Sample(nodes);
        var silos = cluster.Silos.Values.Select(silo => silo.ReadyAfter.TotalSeconds).ToList();
        report.Add("start, embedded node", alone, Unit.Seconds, "process start to ready line, new data directory", new Target("< 2 s", alone.Median < 2));
        report.Add("start, first silo of a cluster", new Sample(silos.Take(1)), Unit.Seconds);
        report.Add("start, silo that joins", new Sample(silos.Skip(1)), Unit.Seconds);
        report.Add("start, gateway", new Sample(gateways), Unit.Seconds);
    }

    private static async Task MemoryAsync(Effort effort, Contender[] all, BenchPostgres postgres, Report report)
    {
        var count = effort.Quick ? 1_000 : 10_000;
        foreach (var contender in all)
        {
            Say($"{count:#,0} sessions, {contender.Name}");
            var (before, database) = (contender.Resident(), postgres.Memory());
            var seconds = await Measure.TimeAsync(() => Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 32 },
                async (_, _) => await contender.Face.CreateSessionAsync(IdleSessionSeconds)));
            // For what only creating them needed to be let go.
            await Task.Delay(TimeSpan.FromSeconds(effort.Quick ? 2 : 10), TimeProvider.System);
            var after = contender.Resident();
            report.Add($"memory for {count:#,0} idle sessions, {contender.Name}", new Sample([after - before]), Unit.Megabytes,
                $"{before / 1e6:0} MB before, {after / 1e6:0} MB after{(contender.All.Count > 1 ? $"; PostgreSQL {database / 1e6:0} and {postgres.Memory() / 1e6:0} MB" : "")}; {count / seconds:#,0} created a second");
        }
    }

    /// <summary>What is known stays known: the sessions of before are idle meanwhile.</summary>
    private static async Task LoadAsync(Effort effort, NodeProcess gateway, Report report)
    {
        Say("load on three silos");
        var sessions = effort.Sessions ?? (effort.Quick ? 100 : 1_000);
        var duration = effort.Duration ?? TimeSpan.FromSeconds(effort.Quick ? 10 : 30);
        var latencies = new Latencies(TimeSpan.Zero);
        var crowd = await Crowd.CreateAsync(gateway, sessions, effort.Rate ?? (effort.Quick ? 20 : 100), latencies, LargestChunk);
        var what = $"3 silos, {sessions:#,0} record";
        crowd.AddTo(report, what, await crowd.RunAsync(duration));
        latencies.AddTo(report, what, judged: false);
        report.Add("· chunks sent too late by the generator", latencies.Late, Unit.Milliseconds, $"p99 {latencies.Late.At(0.99) * 1e3:0.0}; part of the latencies above");
        report.Add("· sessions known", new Sample([(await gateway.GetAsync("sessions?limit=1")).GetProperty("pagination").GetProperty("total").GetInt32()]), Unit.Number);
        var stopping = await Measure.TimeAsync(crowd.StopAsync);
        report.Add("· stop all", new Sample([stopping]), Unit.Seconds, $"{crowd.Count / stopping:#,0}/s");
        report.Add("· until all are anchored", new Sample([await Measure.TimeAsync(() => gateway.UntilAsync("anchored", crowd.Count, TimeSpan.FromMinutes(3)))]), Unit.Seconds);
    }

    internal static void Say(string what) => Console.Error.WriteLine($"  {what}");
}
