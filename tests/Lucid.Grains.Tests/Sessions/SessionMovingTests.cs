using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

public sealed class SessionMovingTests() : SessionMovingBehaviour(new SimulatedSessionWorld())
{
    /// <summary>Nodes come and go while ten chunks are recorded, and each is in the tree once.</summary>
    [Fact]
    public void Everything_WithLostRepeatedAndShuffledDeliveries_EndsTheSame()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var world = new SimulatedSessionWorld(seed, new EngineTestMode { Seed = seed, Lost = 0.3, Repeated = 0.3 });
            var random = new Random(seed);
            string[] nodes = [SimulatedSessionWorld.Node, "node-2", "node-3"];
            world.GiveHeirs(nodes[1], nodes[2]);
            world.LedgerIsAt(nodes[seed % 3]);
            world.Run(async () =>
            {
                await world.CreateAsync(idle: TimeSpan.FromHours(1));
                var weather = WeatherAsync();
                await Task.WhenAll(Enumerable.Range(0, 10).Select(i => UntilRecordedAsync((ulong)i)));
                await world.StopAsync();
                await weather;
                world.Recorders.BringBack();
                var view = await world.UntilAsync(SessionStatus.Anchored);
                Assert.Equal((10L, 0L), (view.ChunkCount, view.GapCount));
                Assert.Equal(view.Recorder, Manifest.Parse((await world.Session.ManifestAsync()).Manifest).Recorder.Name);
                Assert.Single(world.Entries);
            });

            async Task WeatherAsync()
            {
                for (var i = 0; i < 20; i++)
                {
                    world.Recorders.BringBack();
                    world.Recorders.TakeAway(nodes.Where(_ => random.Next(2) == 0));
                    await world.DelayAsync(random.Next(1, 4));
                }
            }

            async Task UntilRecordedAsync(ulong index)
            {
                for (var tried = 0; ; tried++)
                {
                    var recorder = nodes[random.Next(3)];
                    try
                    {
                        await world.DelayAsync(random.Next(1, 20) / 10.0);
                        // The first try of half of them dies between its disk and its session.
                        if (tried == 0 && index % 2 == 0)
                            await world.StoreAsync(index, new ChunkTimes((long)index * 10_000, (long)(index + 1) * 10_000), recorder: recorder);
                        else
                            await world.RecordAsync(index, times: new ChunkTimes((long)index * 10_000, (long)(index + 1) * 10_000), recorder: recorder);
                        if (tried > 0 || index % 2 == 1)
                            return;
                    }
                    catch (GrainUnreachableException)
                    {
                    }
                }
            }
        }
    }
}
