using Lucid.Engine.Cluster.Calls;
using Lucid.GrainInterfaces.Engine;
using Orleans;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Lucid.Engine.Cluster.Placement;

/// <summary>The grain needs one node's own disk or keys: its key is that node's name, and may go on after a '/'.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnItsNodeAttribute() : PlacementAttribute(new NodePlacement());

/// <summary>On the silo that the grain's key names, and nowhere else.</summary>
[Serializable, GenerateSerializer, Immutable]
public sealed class NodePlacement : PlacementStrategy;

/// <summary>A silo carries its node's name. While that silo is away its grains are too: another one has neither the disk nor the keys.</summary>
internal sealed class NodePlacementDirector(ISiloStatusOracle silos) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var node = target.GrainIdentity.Key.ToString()!.Split('/')[0];
        foreach (var silo in context.GetCompatibleSilos(target))
        {
            if (silos.TryGetSiloName(silo, out var name) && name == node)
                return Task.FromResult(silo);
        }
        throw new GrainUnreachableException(CallChain.Name(target.GrainIdentity), $"it belongs to node {node}, which is not in the cluster now");
    }
}
