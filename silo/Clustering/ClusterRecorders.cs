using System.Collections.Immutable;
using Lucid.Gateway.Recorders;

namespace Lucid.Silo.Clustering;

/// <summary>Every silo is a recorder.</summary>
internal sealed class ClusterRecorders(IClusterMembers members) : IRecorderNames
{
    public ValueTask<ImmutableArray<string>> NamesAsync(CancellationToken cancellation) => members.SilosAsync(cancellation);
}
