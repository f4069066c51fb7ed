using System.Collections.Immutable;

namespace Lucid.Silo.Clustering;

/// <summary>Who is in the cluster, as the cluster engine knows it.</summary>
internal interface IClusterMembers
{
    /// <summary>The names of the silos that are up, in alphabetical order.</summary>
    ValueTask<ImmutableArray<string>> SilosAsync(CancellationToken cancellation);
}
