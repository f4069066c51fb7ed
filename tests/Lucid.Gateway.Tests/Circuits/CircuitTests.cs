using Lucid.Gateway.Circuits;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Tests.Circuits;

public sealed class CircuitTests
{
    private static readonly CallDeadlineException _silence = new("session/1", "GetAsync", TimeSpan.FromSeconds(30));

    private readonly ManualClock _clock = new();

    [Fact]
    public void Silo_HasNone_SinceItsGrainsAskEachOtherThroughTheSameService()
    {
        var node = new FakeNode();
        var services = new ServiceCollection().AddSingleton<IGrains>(node).AddLucidGateway(GatewayHost.Options with { IsForPeers = true });
        using var provider = services.BuildServiceProvider();
        Assert.Same(node, provider.GetRequiredService<IGrains>());
    }

    [Fact]
    public async Task Grain_SilentFiveTimes_IsNotAskedForASecond_ThenByOne_ThenForTwiceAsLong()
    {
        await using var host = await StartAsync();
        var id = await host.CreateSessionAsync();
        host.Node.Failure = _silence;
        for (var i = 0; i < 5; i++)
            await RefusesAsync(host, id, ErrorTable.Timeout);
        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 30, 30])
        {
            Assert.Equal($"{seconds}", await RefusesAsync(host, id, ErrorTable.CircuitOpen));
            _clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            await RefusesAsync(host, id, ErrorTable.CircuitOpen);
            _clock.Advance(TimeSpan.FromTicks(1));
            await RefusesAsync(host, id, ErrorTable.Timeout);
        }
        host.Node.Failure = null;
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(200, await StatusAsync(host, id));
        Assert.Equal(200, await StatusAsync(host, id));
    }

    [Fact]
    public async Task Grain_ThatAnswersInBetween_IsAskedOn()
    {
        await using var host = await StartAsync();
        var id = await host.CreateSessionAsync();
        for (var i = 0; i < 40; i++)
        {
            // An answer is also that there is no such session.
            host.Node.Failure = i % 5 == 4 ? new SessionNotFoundException("none") : _silence;
            await RefusesAsync(host, id, i % 5 == 4 ? ErrorTable.NotFound : ErrorTable.Timeout);
        }
    }

    [Fact]
    public async Task OtherGrain_OfTheSameKind_IsAskedOn()
    {
        await using var host = await StartAsync();
        var (id, other) = (await host.CreateSessionAsync(), await host.CreateSessionAsync());
        host.Node.Failure = _silence;
        for (var i = 0; i < 6; i++)
            await StatusAsync(host, id);
        host.Node.Failure = null;
        await RefusesAsync(host, id, ErrorTable.CircuitOpen);
        Assert.Equal(200, await StatusAsync(host, other));
    }

    [Fact]
    public async Task Session_OutOfReach_IsAskedOn_BecauseItComesBackElsewhere()
    {
        await using var host = await StartAsync();
        var id = await host.CreateSessionAsync();
        host.Node.Failure = new GrainUnreachableException("session/1", "its silo died");
        for (var i = 0; i < 10; i++)
            await RefusesAsync(host, id, ErrorTable.PartAway);
        host.Node.Failure = null;
        Assert.Equal(200, await StatusAsync(host, id));
    }

    [Fact]
    public void Try_WhileOneIsOnItsWay_IsNotMadeTwice()
    {
        var circuit = new Circuit(failures: 1, TimeSpan.FromSeconds(30));
        circuit.Fail(TimeSpan.Zero, isTry: false);
        Assert.Null(circuit.Enter(TimeSpan.FromSeconds(1), out var isTry));
        Assert.True(isTry);
        Assert.NotNull(circuit.Enter(TimeSpan.FromSeconds(2), out _));
        // A call from before that comes to its end means nothing.
        circuit.Fail(TimeSpan.FromSeconds(2), isTry: false);
        Assert.NotNull(circuit.Enter(TimeSpan.FromSeconds(3), out _));
        circuit.Leave(isTry: true);
        Assert.Null(circuit.Enter(TimeSpan.FromSeconds(3), out isTry));
        Assert.True(isTry);
    }

    private Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(services => services.AddSingleton<TimeProvider>(_clock));

    private static async Task<string?> RefusesAsync(GatewayHost host, Guid id, ErrorKind kind)
    {
        using var answer = await host.Client.GetAsync($"/api/v1/sessions/{id}");
        await GatewayHost.ErrorOf(answer, kind);
        return answer.Headers.RetryAfter?.ToString();
    }

    private static async Task<int> StatusAsync(GatewayHost host, Guid id)
    {
        using var answer = await host.Client.GetAsync($"/api/v1/sessions/{id}");
        return (int)answer.StatusCode;
    }
}
