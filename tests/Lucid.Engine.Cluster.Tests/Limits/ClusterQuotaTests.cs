using Lucid.GrainInterfaces.Limits;
using Lucid.Grains.Tests.Limits;

namespace Lucid.Engine.Cluster.Tests.Limits;

public sealed class ClusterQuotaTests(QuotaCluster quotas) : QuotaBehaviour, IClassFixture<QuotaCluster>
{
    private static int _keys;

    protected override Task RunAsync(Func<IQuotaGrain, Task> body) => body(quotas.Cluster.Grains.Get<IQuotaGrain>($"users/{Interlocked.Increment(ref _keys)}"));

    protected override Task PassAsync(TimeSpan time)
    {
        quotas.Cluster.Clock.Advance(time);
        return Task.CompletedTask;
    }
}

/// <summary>One cluster for all tests of the class: it takes seconds to start, and each test has a grain of its own.</summary>
public sealed class QuotaCluster : IAsyncLifetime
{
    internal LucidTestCluster Cluster { get; } = new(new ClusterEngineOptions(), typeof(HostedQuota).Assembly);

    public async ValueTask InitializeAsync() => await Cluster.StartAsync();
    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
