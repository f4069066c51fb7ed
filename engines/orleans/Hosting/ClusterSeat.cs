using System.Net;

namespace Lucid.Engine.Cluster;

/// <summary>Which cluster a process belongs to, and where it stands in it.</summary>
public sealed record ClusterSeat
{
    /// <summary>The cluster's name: what is stored is found by it.</summary>
    public required string Cluster { get; init; }

    /// <summary>PostgreSQL connection string, of a database with the current schema. Secret.</summary>
    public required string Connection { get; init; }

    /// <summary>The silo's name, which is its node's; grains that need that node's disk run here.</summary>
    public required string Name { get; init; }

    /// <summary>Where others reach a silo.</summary>
    public IPAddress Advertise { get; init; } = IPAddress.Loopback;

    /// <summary>1 to 65,535.</summary>
    public int SiloPort { get; init; }

    /// <summary>1 to 65,535.</summary>
    public int GatewayPort { get; init; }

    /// <summary>Null where everything is on loopback.</summary>
    public ClusterTls? Tls { get; init; }

    /// <summary>Ends a silo's process at once, without a drain, when it may not go on; told why. Null: Orleans aborts it.</summary>
    public Action<string>? End { get; init; }

    public ClusterEngineOptions Engine { get; init; } = new();

    /// <summary>Without the connection string, so that no log ever shows it.</summary>
    public override string ToString() => $"{Name} of cluster {Cluster}";
}
