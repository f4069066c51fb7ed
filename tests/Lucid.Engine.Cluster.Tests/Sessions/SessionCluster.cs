using System.Collections.Concurrent;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains;
using Lucid.Grains.Identity;
using Lucid.Grains.Policies;
using Lucid.Grains.Recording;
using Lucid.Grains.Sessions;
using Lucid.Grains.Tests.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster.Tests.Sessions;

/// <summary>Three silos with the real grains of sessions, chunks and recorders, on what fakes have in memory. It starts with the first test.</summary>
public sealed class SessionCluster : IAsyncDisposable
{
    private readonly LucidTestCluster _cluster;
    private Task? _started;

    public SessionCluster() : this(losesItems: false) { }

    internal SessionCluster(bool losesItems)
    {
        Ledger = new FakeLedger(Recorders);
        _cluster = new LucidTestCluster(new ClusterEngineOptions { Loses = item => losesItems && Lose(item) }, typeof(HostedSession).Assembly, typeof(HostedFakeLog).Assembly)
        {
            Services = services => services
                .AddSingleton<ISessionDirectory>(Directory).AddSingleton(new SessionOptions()).AddSingleton(new IssuerOptions()).AddSingleton(Ledger)
                .AddSingleton(new PolicyOptions { Network = Hash256.Of("network"u8) }).AddSingleton<ICpuPool, CallersCpu>()
                .AddSingleton<IRecorderVault>(silo => Recorders[silo.GetRequiredService<ILocalSiloDetails>().Name]),
        };
    }

    internal FakeRecorders Recorders { get; } = new();
    internal FakeLedger Ledger { get; }
    internal FakeDirectory Directory { get; } = new();
    internal ConcurrentQueue<object> Lost { get; } = [];

    internal async Task<LucidTestCluster> StartedAsync()
    {
        await (_started ??= _cluster.StartAsync());
        return _cluster;
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private bool Lose(object item)
    {
        Lost.Enqueue(item);
        return true;
    }
}

/// <summary>Does the work where it is asked for: there is little of it.</summary>
internal sealed class CallersCpu : ICpuPool
{
    public Task<T> RunAsync<T>(Func<T> work) => Task.FromResult(work());
}

/// <summary>One cluster for all behaviour of sessions: it takes seconds to start, and each test has a session of its own.</summary>
[CollectionDefinition(nameof(SessionCluster))]
public sealed class SharedSessionCluster : ICollectionFixture<SessionCluster>;
