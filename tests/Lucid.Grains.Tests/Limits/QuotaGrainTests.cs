using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.GrainInterfaces.Limits;
using Lucid.Grains.Limits;

namespace Lucid.Grains.Tests.Limits;

public sealed class QuotaGrainTests : QuotaBehaviour
{
    private readonly Simulation _simulation = new(1);

    protected override Task PassAsync(TimeSpan time) => Task.Delay(time, _simulation.Clock);

    protected override Task RunAsync(Func<IQuotaGrain, Task> body)
    {
        var engine = _simulation.Engine(new MemoryGrainStore()).Host<IQuotaGrain, QuotaGrain>("quota");
        _simulation.Run(async () =>
        {
            await engine.StartAsync();
            await body(engine.Get<IQuotaGrain>("users/1"));
        });
        return Task.CompletedTask;
    }
}
