using Lucid.GrainInterfaces.Engine;
using Orleans;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster;

/// <summary>How a silo's grains, and a gateway, reach the grains of the cluster.</summary>
public sealed class ClusterGrains(IGrainFactory factory, HostedContracts contracts) : IGrains
{
    public TGrain Get<TGrain>(string key) where TGrain : class, IGrain
    {
        if (string.IsNullOrEmpty(key) || key.Length > 256 || key.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new ArgumentException($"'{key}' is no key of a grain: 1 to 256 characters of printable ASCII.", nameof(key));
        var hosted = contracts.Of(typeof(TGrain));
        return (TGrain)factory.GetGrain(GrainId.Create(hosted.Type, key), hosted.Interface);
    }
}
