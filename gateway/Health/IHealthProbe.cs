namespace Lucid.Gateway.Health;

/// <summary>How one thing that the node depends on is. The host registers one for each: store, disk, engine, ledger, …</summary>
public interface IHealthProbe
{
    /// <summary>A short name in snake_case, unique among the probes.</summary>
    string Name { get; }

    /// <summary>Looks, cheaply: it may be asked every second. Throwing, or taking longer than the gateway's limit, counts as unhealthy.</summary>
    ValueTask<HealthReport> ProbeAsync(CancellationToken cancellation);
}

/// <summary>From well to bad.</summary>
public enum HealthState
{
    /// <summary>It works.</summary>
    Healthy,

    /// <summary>It works, but somebody should look.</summary>
    Degraded,

    /// <summary>It does not work; the node cannot do its job.</summary>
    Unhealthy,
}

/// <param name="Detail">In words, where there is something to say. No secrets: whoever has the token reads it.</param>
public sealed record HealthReport(HealthState State, string? Detail = null);
