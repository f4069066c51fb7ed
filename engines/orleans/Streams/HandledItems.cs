using Orleans;
using Orleans.Metadata;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster.Streams;

/// <summary>Tells the cluster which classes hear which streams, from the interfaces that they implement.</summary>
internal sealed class HandledItems : IGrainPropertiesProvider
{
    public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties)
    {
        foreach (var item in HostedContracts.HandledBy(grainClass))
        {
            var name = ItemStreams.NamespaceOf(item);
            foreach (var binding in new ImplicitStreamSubscriptionAttribute(name).GetBindings(null!, grainClass, grainType))
            {
                foreach (var (key, value) in binding)
                    properties[$"{WellKnownGrainTypeProperties.BindingPrefix}.lucid-{name}.{key}"] = value;
            }
        }
    }
}
