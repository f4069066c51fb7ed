namespace Lucid.Silo.Clustering;

/// <summary>What only a silo itself knows of its work.</summary>
/// <param name="StreamLagMs">How long the slowest item of the last minute was on its way here; null where none came.</param>
internal sealed record SiloFigures(double? StreamLagMs);
