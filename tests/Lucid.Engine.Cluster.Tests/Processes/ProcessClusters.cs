namespace Lucid.Engine.Cluster.Tests.Processes;

/// <summary>
/// A cluster of three silos for one test after the other, each of which leaves it whole. After one that failed the next gets a new one.
/// </summary>
public sealed class ProcessClusters : IAsyncDisposable
{
    private const int Silos = 3;
    private ProcessCluster? _cluster;

    internal async Task UseAsync(Func<ProcessCluster, CancellationToken, Task> test)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var cluster = _cluster ??= await ProcessCluster.StartAsync(Silos, cancellation);
        try
        {
            await test(cluster, cancellation);
            await cluster.BecomeWholeAsync(cancellation);
        }
        catch (Exception failure)
        {
            _cluster = null;
            var said = cluster.Said;
            await cluster.DisposeAsync();
            if (failure is OperationCanceledException)
                throw;
            throw new InvalidOperationException($"{failure.Message}\nThe cluster had said:\n{said}", failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }
}

/// <summary>One after the other and beside nothing else: they measure, and start more processes than there are cores.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessTests : ICollectionFixture<ProcessClusters>
{
    public const string Name = "processes";
}
