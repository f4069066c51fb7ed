using System.Collections.Immutable;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Bench.Engines;

/// <summary>Grain calls a second with 1 and with 100 callers, each on a grain of its own: within a process, and to another one.</summary>
internal static class EngineCalls
{
    private const int Most = 100;

    public static async Task RunAsync(Effort effort, Contender[] all, ClusterProcesses one, ClusterProcesses three, BenchPostgres postgres, Report report)
    {
        EnginesBenchmark.Say("calls");
        await InProcessAsync(effort, postgres, report);
        await ToSilosAsync(effort, all, one, three, report);
    }

    private static async Task InProcessAsync(Effort effort, BenchPostgres postgres, Report report)
    {
        using var folder = new TempFolder();
        await using var embedded = new EmbeddedEngine(new SqliteGrainStore(Path.Combine(folder.Path, "grains.db"))).Host<IBenchGrain, BenchGrain>("bench");
        await embedded.StartAsync();
        await using var orleans = await OrleansHost.StartSiloAsync(await postgres.CreateAsync("bench"));
        var (ours, theirs) = (Echoes(embedded), Echoes(orleans.Grains));
        foreach (var callers in (int[])[1, Most])
        {
            var samples = await Measure.InTurnAsync(effort.Rounds, Rate(effort, callers, ours), Rate(effort, callers, theirs));
            report.Add($"calls in process, callers: {callers}, embedded", samples[0], Unit.PerSecond);
            report.Add($"calls in process, callers: {callers}, Orleans", samples[1], Unit.PerSecond, $"{samples[1].Median / samples[0].Median:0.00} of embedded; silo in the same process");
        }
    }

    private static async Task ToSilosAsync(Effort effort, Contender[] all, ClusterProcesses one, ClusterProcesses three, Report report)
    {
        var sessions = await Task.WhenAll(all.Select(async contender =>
            (await Task.WhenAll(Enumerable.Range(0, Most).Select(_ => contender.Face.CreateSessionAsync(3600)))).Select(session => session.Id.ToString("D")).ToImmutableArray()));
        await using var toOne = await OrleansHost.StartClientAsync(one.Database);
        await using var toThree = await OrleansHost.StartClientAsync(three.Database);
        var (oneSilo, threeSilos) = (Reads(toOne.Grains, sessions[1]), Reads(toThree.Grains, sessions[2]));
        var http = all.Select((contender, i) => new HttpLoad(contender.Face.Address, [.. sessions[i].Select(id => $"/api/v1/sessions/{id}")], contender.Face.Token)).ToArray();
        foreach (var callers in (int[])[1, Most])
        {
            var samples = await Measure.InTurnAsync(
                effort.Rounds,
                [
                    Rate(effort, callers, oneSilo), Rate(effort, callers, threeSilos),
                    .. http.Select(load => (Func<Task<double>>)(async () => (await load.RunAsync(callers, effort.RoundTime)).PerSecond)),
                ]);
            report.Add($"calls to a process, callers: {callers}, client to 1 silo", samples[0], Unit.PerSecond, "a session's view over TCP, Orleans client in this process");
            report.Add($"calls to a process, callers: {callers}, client to 3 silos", samples[1], Unit.PerSecond);
            for (var i = 0; i < all.Length; i++)
            {
                report.Add($"HTTP GET of a session, callers: {callers}, {all[i].Name}", samples[2 + i], Unit.PerSecond,
                    i == 0 ? "the path from outside that all have" : $"{samples[2 + i].Median / samples[2].Median:0.00} of embedded");
            }
        }
    }

    private static Func<int, Task> Echoes(IGrains grains)
    {
        var all = Enumerable.Range(0, Most).Select(i => grains.Get<IBenchGrain>($"grain-{i}")).ToArray();
        return caller => all[caller].EchoAsync(caller);
    }

    private static Func<int, Task> Reads(IGrains grains, ImmutableArray<string> sessions)
    {
        var all = sessions.Select(grains.Get<ISessionGrain>).ToArray();
        return caller => all[caller].GetAsync(Caller.Local);
    }

    private static Func<Task<double>> Rate(Effort effort, int callers, Func<int, Task> call) => () => Measure.RateAsync(callers, effort.RoundTime, call);
}
