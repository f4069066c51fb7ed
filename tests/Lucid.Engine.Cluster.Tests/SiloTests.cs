using System.Collections.Concurrent;
using System.Diagnostics;
using Lucid.Engine.Contract;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Cluster.Tests;

/// <summary>Silos that die and grains that belong to one of them, on a cluster of the test's own.</summary>
public sealed class SiloTests(ITestOutputHelper output)
{
    private static readonly ClusterEngineOptions _options = new();

    [Fact]
    public async Task Grain_OnItsNode_RunsWhereItsKeySays_AndNowhereElse()
    {
        await using var cluster = new LucidTestCluster(_options, typeof(SiloTests).Assembly);
        await cluster.StartAsync();
        foreach (var silo in cluster.Orleans.GetActiveSilos())
        {
            Assert.Equal(silo.Name, await cluster.Grains.Get<INodeNameGrain>(silo.Name).WhereAsync());
            Assert.Equal(silo.Name, await cluster.Grains.Get<INodeNameGrain>($"{silo.Name}/line").WhereAsync());
        }
        var absent = await Assert.ThrowsAsync<GrainUnreachableException>(() => cluster.Grains.Get<INodeNameGrain>("nowhere").WhereAsync());
        Assert.Contains("nowhere", absent.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grains_AreSpreadOverTheSilos()
    {
        await using var cluster = new LucidTestCluster(_options, typeof(SiloTests).Assembly);
        await cluster.StartAsync();
        for (var i = 0; i < 60; i++)
            await cluster.Grains.Get<ICounterGrain>($"spread-{i}").TouchAsync();
        foreach (var silo in cluster.Orleans.GetActiveSilos())
        {
            var there = Enumerable.Range(0, 60).Count(i => cluster.Orleans.TryGetGrainContext(Orleans.Runtime.GrainId.Create("counter", $"spread-{i}"), out var context)
                && context.Address.SiloAddress!.Equals(silo.SiloAddress));
            Assert.InRange(there, 5, 40);
        }
    }

    [Fact]
    public async Task Silo_KilledWhileGrainsSave_LosesNothingThatWasAnswered()
    {
        const int Grains = 30;
        await using var cluster = new LucidTestCluster(_options, typeof(SiloTests).Assembly);
        await cluster.StartAsync();
        var answered = new long[Grains];
        var tried = new long[Grains];
        var failures = new ConcurrentBag<Exception>();
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Grains).Select(async i =>
        {
            while (!stop.IsCancellationRequested)
            {
                tried[i]++;
                try
                {
                    await cluster.Grains.Get<ICounterGrain>($"kept-{i}").AddAsync(1);
                    answered[i]++;
                }
                catch (EngineException lost)
                {
                    failures.Add(lost);
                }
                await Task.Yield();
            }
        }).ToList();
        await UntilAsync(() => answered.All(count => count > 5), "every grain to have answered");
        var victim = cluster.Orleans.GetActiveSilos().Last();
        var killed = Stopwatch.StartNew();
        await cluster.Orleans.KillSiloAsync(victim);
        var before = answered.ToArray();
        await UntilAsync(() => Enumerable.Range(0, Grains).All(i => answered[i] > before[i] + 5), "every grain to answer again");
        output.WriteLine($"All {Grains} grains answered again {killed.Elapsed.TotalSeconds:0.0} s after one of three silos was killed; {failures.Count} calls failed.");
        await stop.CancelAsync();
        await Task.WhenAll(callers);
        // What was done and whose answer was lost may be done again, each time that a gateway asks again.
        var repeated = 1 + (long)(killed.Elapsed / _options.AskAgain);
        for (var i = 0; i < Grains; i++)
            Assert.InRange(await cluster.Grains.Get<ICounterGrain>($"kept-{i}").SavedAsync(), answered[i], tried[i] + repeated);
    }

    private static async Task UntilAsync(Func<bool> happened, string what)
    {
        for (var waited = Stopwatch.StartNew(); !happened();)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), $"Waited 60 s for {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
