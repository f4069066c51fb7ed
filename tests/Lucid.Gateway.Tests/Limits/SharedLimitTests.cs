using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.Gateway.Access;
using Lucid.Gateway.Limits;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Limits;
using Lucid.Grains.Limits;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Tests.Limits;

/// <summary>Two gateways over HTTP, and one engine that has the grains of both.</summary>
public sealed class SharedLimitTests : IAsyncLifetime
{
    private static readonly GatewayOptions _options = GatewayHost.Options with { IsForPeers = true, Limits = new LimitOptions { Users = 200, CreateSession = 10 } };

    private readonly VirtualClock _clock = new();
    private EmbeddedEngine _engine = null!;
    private GatewayHost[] _gateways = [];

    public async ValueTask InitializeAsync()
    {
        _engine = new EmbeddedEngine(new MemoryGrainStore(), new EmbeddedEngineOptions(), new ServiceCollection().BuildServiceProvider(), EngineRuntime.ThreadPool(_clock))
            .Host<IQuotaGrain, QuotaGrain>("quota");
        await _engine.StartAsync(CancellationToken.None);
        _gateways = [await StartAsync(), await StartAsync()];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
            await gateway.DisposeAsync();
        await _engine.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task TwoGateways_DoNotDoubleALimit()
    {
        // By turns, at both at once, and then as much again.
        Assert.InRange(await ServedAsync("alice", 400), 200, 210);
        Assert.Equal(0, await ServedAsync("alice", 50));
        Assert.InRange(await ServedAsync("bob", 400), 200, 210);
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.InRange(await ServedAsync("alice", 400), 85, 110);
    }

    [Fact]
    public async Task SmallLimit_IsSharedToTheLast()
    {
        var created = 0;
        for (var i = 0; i < 30; i++)
            created += await StatusAsync(_gateways[i % 2], HttpMethod.Post, "/api/v1/sessions", "alice", """{"name":"one"}""") == 201 ? 1 : 0;
        Assert.Equal(10, created);
    }

    [Fact]
    public async Task EngineStopped_EachGatewayGoesOnWithItsShare()
    {
        await _engine.StopAsync(CancellationToken.None);
        // At each on credit 10, and a quarter of 200.
        Assert.Equal(2 * 60, await ServedAsync("alice", 400));
    }

    private async Task<int> ServedAsync(string user, int times)
    {
        var statuses = new List<int>();
        for (var i = 0; i < times; i += 20)
        {
            statuses.AddRange(await Task.WhenAll(Enumerable.Range(0, 20).Select(one => StatusAsync(_gateways[one % 2], HttpMethod.Get, "/api/v1/meta/version", user))));
        }
        Assert.All(statuses, status => Assert.True(status is 200 or 429, $"{status}"));
        return statuses.Count(status => status == 200);
    }

    private static async Task<int> StatusAsync(GatewayHost gateway, HttpMethod method, string path, string user, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
            request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        request.Headers.Add(CallerHeader.Name, CallerHeader.Write(new Caller(user, Role.User)));
        using var answer = await gateway.Client.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private async Task<GatewayHost> StartAsync()
    {
        var gateway = await GatewayHost.StartAsync(services => services.AddSingleton<TimeProvider>(_clock), _options);
        gateway.Node.Quotas = _engine;
        return gateway;
    }
}
