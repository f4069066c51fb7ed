using System.Collections.Immutable;
using Lucid.Gateway.Cluster;

namespace Lucid.Silo.Clustering;

/// <summary>The cluster as its engine sees it, from a gateway.</summary>
internal interface IClusterEngineView
{
    /// <summary>Each silo that the engine's list knows, without its roles and its lag.</summary>
    Task<ImmutableArray<SiloStatus>> SilosAsync(CancellationToken cancellation);
}

/// <summary>The streams of this silo, as its engine measures them.</summary>
internal interface IStreamLag
{
    TimeSpan? Worst { get; }
}
