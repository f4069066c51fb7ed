using System.Collections.Immutable;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Supervision;

/// <summary>How a cluster on one machine is minded.</summary>
/// <param name="Command">What starts a node.</param>
internal sealed record SupervisorOptions(ImmutableArray<string> Command)
{
    /// <summary>How long after its end a node is started again: 20 s, in which the others have noticed that it is gone and gone on without it.</summary>
    public TimeSpan RestartAfter { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a node may take to stop before it is killed: 45 s, longer than its own drain.</summary>
    public TimeSpan StopsWithin { get; init; } = HostParts.StopsWithin + TimeSpan.FromSeconds(15);
}
