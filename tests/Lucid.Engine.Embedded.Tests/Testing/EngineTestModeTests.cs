using System.Collections.Immutable;
using Lucid.Engine.Contract;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Embedded.Tests.Testing;

public sealed class EngineTestModeTests
{
    [Fact]
    public void Argument_ThatLosesAValue_IsRefused() => Run(new EngineTestMode { Seed = 1 }, async engine =>
    {
        var failure = await Assert.ThrowsAsync<GrainContractException>(() => engine.Get<ISloppyGrain>("a").TakeAsync(new Forgetful("x")));
        Assert.Contains(nameof(Forgetful), failure.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Result_ThatCannotTravel_IsRefused() => Run(new EngineTestMode { Seed = 1 }, async engine =>
        await Assert.ThrowsAsync<GrainContractException>(() => engine.Get<ISloppyGrain>("a").GiveAsync()));

    [Fact]
    public void State_ThatLosesAValue_IsRefused() => Run(new EngineTestMode { Seed = 1 }, async engine =>
        await Assert.ThrowsAsync<GrainContractException>(() => engine.Get<ISloppyGrain>("a").SaveAsync()));

    [Fact]
    public void Exception_WithoutItsConstructor_IsRefused() => Run(new EngineTestMode { Seed = 1 }, async engine =>
        await Assert.ThrowsAsync<GrainContractException>(() => engine.Get<ISloppyGrain>("a").FailAsync()));

    [Fact]
    public void RoundTrips_Off_LetEverythingPass() => Run(new EngineTestMode { Seed = 1, RoundTrips = false }, async engine =>
    {
        Assert.Equal("x", await engine.Get<ISloppyGrain>("a").TakeAsync(new Forgetful("x")));
        await Assert.ThrowsAsync<OddException>(() => engine.Get<ISloppyGrain>("a").FailAsync());
    });

    [Fact]
    public void Deliveries_AllLost_ReachNobody() => Run(new EngineTestMode { Seed = 1, Lost = 1 }, async engine =>
        Assert.Empty(await TellAsync(engine, 20)));

    [Fact]
    public void Deliveries_AllRepeated_ComeTwice() => Run(new EngineTestMode { Seed = 1, Repeated = 1 }, async engine =>
        Assert.Equal(40, (await TellAsync(engine, 20)).Length));

    [Fact]
    public void Deliveries_Waiting_ComeShuffled() => Run(new EngineTestMode { Seed = 1 }, async engine =>
    {
        var heard = await TellAsync(engine, 20);
        Assert.Equal(20, heard.Distinct().Count());
        Assert.NotEqual(heard.Order(StringComparer.Ordinal), heard);
    });

    private static async Task<ImmutableArray<string>> TellAsync(EmbeddedEngine engine, int times)
    {
        for (var i = 0; i < times; i++)
            await engine.PublishAsync("a", new Note($"{i:00}"));
        // Long enough for all of them, since time only passes once nothing is left to do.
        await Task.Delay(TimeSpan.FromSeconds(1), engine.Runtime.Clock);
        return await engine.Get<IListenerGrain>("a").HeardAsync();
    }

    private static void Run(EngineTestMode mode, Func<EmbeddedEngine, Task> test)
    {
        var simulation = new Simulation(1);
        var engine = simulation.Engine(new MemoryGrainStore(), new EmbeddedEngineOptions { Test = mode })
            .HostContract().Host<ISloppyGrain, SloppyGrain>("sloppy");
        simulation.Run(async () =>
        {
            await engine.StartAsync();
            await test(engine);
        });
    }

    public interface ISloppyGrain : IGrain
    {
        Task<string> TakeAsync(Forgetful message);
        Task<Type> GiveAsync();
        Task SaveAsync();
        Task FailAsync();
    }

    /// <summary>Its value has no way back in.</summary>
    public sealed record Forgetful
    {
        private readonly string? _value;
        public Forgetful() { }
        public Forgetful(string value) => _value = value;
        public string? Value => _value;
    }

    public sealed class OddException(int number, string text) : GrainException($"{number} {text}");

    public sealed class SloppyGrain(IActivation<Forgetful> self) : ISloppyGrain
    {
        public Task<string> TakeAsync(Forgetful message) => Task.FromResult(message.Value ?? "");
        public Task<Type> GiveAsync() => Task.FromResult(typeof(string));
        public Task SaveAsync() => self.SaveAsync(new Forgetful("x"));
        public Task FailAsync() => throw new OddException(1, "x");
    }
}
