using System.Collections.Immutable;
using Lucid.GrainInterfaces.Engine;
using Orleans;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster;

/// <summary>Asks the cluster about its silos.</summary>
public sealed class ClusterLook(IGrainFactory grains, HostedContracts contracts)
{
    // A silo that has just died is still in the list, and never answers.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    /// <summary>The newest process of each silo that the cluster's list knows, by name.</summary>
    /// <exception cref="GrainUnreachableException">No silo tells.</exception>
    public async Task<ImmutableArray<SiloInfo>> SilosAsync(CancellationToken cancellation)
    {
        var management = grains.GetGrain<IManagementGrain>(0);
        var known = await ClusterMembers.AskAsync(management.GetDetailedHosts(), cancellation);
        var newest = known.GroupBy(silo => silo.SiloName, StringComparer.Ordinal).Select(silos => silos.MaxBy(silo => silo.StartTime)!);
        return [.. (await Task.WhenAll(newest.Select(silo => AskAsync(management, silo, cancellation)))).OrderBy(silo => silo.Name, StringComparer.Ordinal)];
    }

    private async Task<SiloInfo> AskAsync(IManagementGrain management, MembershipEntry silo, CancellationToken cancellation)
    {
        var info = new SiloInfo(
            silo.SiloName, silo.Status.ToString().ToLowerInvariant(), silo.SiloAddress.Endpoint.ToString(), new DateTimeOffset(silo.StartTime, TimeSpan.Zero),
            null, ImmutableSortedDictionary<string, int>.Empty, null);
        if (silo.Status != Orleans.Runtime.SiloStatus.Active)
            return info;
        try
        {
            SiloAddress[] one = [silo.SiloAddress];
            var (runtime, byType) = (management.GetRuntimeStatistics(one), management.GetSimpleGrainStatistics(one));
            await Task.WhenAll(runtime, byType).WaitAsync(_patience, cancellation);
            return info with
            {
                Activations = (await runtime)[0].ActivationCount,
                MemoryBytes = (await runtime)[0].EnvironmentStatistics.RawMemoryUsageBytes is > 0 and var bytes ? bytes : null,
                Grains = ByKind(await byType),
            };
        }
        catch (Exception away) when (away is TimeoutException or OrleansException && !cancellation.IsCancellationRequested)
        {
            return info;
        }
    }

    private ImmutableSortedDictionary<string, int> ByKind(SimpleGrainStatistic[] statistics)
    {
        var kinds = contracts.All.ToDictionary(hosted => hosted.Class.FullName!, hosted => hosted.Kind, StringComparer.Ordinal);
        return statistics
            .Select(one => (Kind: kinds.GetValueOrDefault(one.GrainType.Split(',')[0]), one.ActivationCount))
            .Where(one => one.Kind is not null)
            .GroupBy(one => one.Kind!, StringComparer.Ordinal)
            .ToImmutableSortedDictionary(group => group.Key, group => group.Sum(one => one.ActivationCount), StringComparer.Ordinal);
    }
}
