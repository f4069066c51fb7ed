using System.Collections.Immutable;
using Lucid.GrainInterfaces.Engine;
using Orleans;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster;

/// <summary>Who is in the cluster.</summary>
public abstract class ClusterMembers
{
    /// <summary>The names of the silos that are up, in alphabetical order.</summary>
    /// <exception cref="GrainUnreachableException">No silo tells, and none ever did.</exception>
    public abstract ValueTask<ImmutableArray<string>> SilosAsync(CancellationToken cancellation);

    /// <exception cref="GrainUnreachableException">No answer came.</exception>
    internal static async Task<T> AskAsync<T>(Task<T> answer, CancellationToken cancellation)
    {
        try
        {
            return await answer.WaitAsync(cancellation);
        }
        catch (Exception away) when (away is TimeoutException or OrleansException)
        {
            throw new GrainUnreachableException("the list of silos", "the silo that was asked does not answer");
        }
    }
}

/// <summary>A silo is told of every change.</summary>
internal sealed class SiloMembers(IClusterMembershipService membership) : ClusterMembers
{
    public override ValueTask<ImmutableArray<string>> SilosAsync(CancellationToken cancellation) => ValueTask.FromResult<ImmutableArray<string>>(
        [.. membership.CurrentSnapshot.Members.Values.Where(silo => silo.Status == SiloStatus.Active).Select(silo => silo.Name).Order(StringComparer.Ordinal)]);
}

/// <summary>A gateway asks the cluster, at most once a second; while it gets no answer, what it heard last stands.</summary>
internal sealed class GatewaysMembers(IGrainFactory grains, TimeProvider clock) : ClusterMembers, IDisposable
{
    private static readonly TimeSpan _freshness = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _turn = new(1);
    private ImmutableArray<string> _last = [];
    private long? _asked;

    public override async ValueTask<ImmutableArray<string>> SilosAsync(CancellationToken cancellation)
    {
        if (_asked is { } at && clock.GetElapsedTime(at) < _freshness)
            return _last;
        await _turn.WaitAsync(cancellation);
        try
        {
            if (_asked is not { } before || clock.GetElapsedTime(before) >= _freshness)
            {
                var hosts = await AskAsync(grains.GetGrain<IManagementGrain>(0).GetDetailedHosts(onlyActive: true), cancellation);
                (_last, _asked) = ([.. hosts.Select(host => host.SiloName).Order(StringComparer.Ordinal)], clock.GetTimestamp());
            }
        }
        catch (Exception) when (!_last.IsEmpty && !cancellation.IsCancellationRequested)
        {
            _asked = clock.GetTimestamp();
        }
        finally
        {
            _turn.Release();
        }
        return _last;
    }

    public void Dispose() => _turn.Dispose();
}
