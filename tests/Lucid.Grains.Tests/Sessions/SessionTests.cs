using Lucid.Engine.Embedded.Testing;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

public sealed class SessionTests() : SessionBehaviour(new SimulatedSessionWorld())
{
    [Fact]
    public void Everything_WithLostRepeatedAndShuffledDeliveries_EndsTheSame()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var world = new SimulatedSessionWorld(seed, new EngineTestMode { Seed = seed, Lost = 0.3, Repeated = 0.3 });
            world.Run(async () =>
            {
                await world.CreateAsync();
                await Task.WhenAll(Enumerable.Range(0, 10).Select(i => world.RecordAsync((ulong)i, times: new ChunkTimes(i, i + 1))));
                await world.StopAsync();
                var view = await world.UntilAsync(SessionStatus.Anchored);
                Assert.Equal((10L, 0L), (view.ChunkCount, view.GapCount));
            });
        }
    }
}
