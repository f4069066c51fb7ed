using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.Grains;
using Lucid.Grains.Identity;
using Lucid.Grains.Policies;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>The real grains of users, their doors, policies and repeated requests on the engine of a node, whose clock only a test moves.</summary>
internal sealed class GrainEngine : IAsyncDisposable
{
    private readonly MemoryGrainStore _store = new();

    private GrainEngine() => Engine = Make();

    public VirtualClock Clock { get; } = new();
    public EmbeddedEngine Engine { get; private set; }

    public static async Task<GrainEngine> StartAsync()
    {
        var engine = new GrainEngine();
        await engine.Engine.StartAsync(CancellationToken.None);
        return engine;
    }

    /// <summary>Everything leaves memory and comes back from what is stored.</summary>
    public async Task RestartAsync()
    {
        await Engine.StopAsync(CancellationToken.None);
        Engine = Make();
        await Engine.StartAsync(CancellationToken.None);
    }

    /// <summary>A gateway over the grains.</summary>
    public async Task<GatewayHost> GatewayAsync(Action<Microsoft.AspNetCore.Builder.WebApplication>? map = null, GatewayOptions? options = null)
    {
        var host = await GatewayHost.StartAsync(_ => { }, options, map: map);
        host.Node.Engine = () => Engine;
        return host;
    }

    public async ValueTask DisposeAsync() => await Engine.StopAsync(CancellationToken.None);

    private EmbeddedEngine Make() => new EmbeddedEngine(
            _store, new EmbeddedEngineOptions(),
            new ServiceCollection().AddSingleton<IUserDirectory, NoUsers>().AddSingleton(new IdentityOptions()).AddSingleton(new IssuerOptions()).AddSingleton(new PolicyOptions { Network = Hash256.Zero })
                .AddSingleton<ICpuPool, InlineCpu>().BuildServiceProvider(),
            EngineRuntime.ThreadPool(Clock))
        .Host<IUserGrain, UserGrain>("user")
        .Host<IAttemptsGrain, AttemptsGrain>("attempts")
        .Host<IDoorGrain, DoorGrain>("door")
        .Host<IIssuerGrain, IssuerGrain>("issuer")
        .Host<ITrustPolicyGrain, TrustPolicyGrain>("trust-policy")
        .Host<IPolicyIndexGrain, PolicyIndexGrain>("policy-index")
        .Host<IIdempotencyGrain, IdempotencyGrain>("idempotency");

    private sealed class InlineCpu : ICpuPool
    {
        public Task<T> RunAsync<T>(Func<T> work) => Task.FromResult(work());
    }
}
