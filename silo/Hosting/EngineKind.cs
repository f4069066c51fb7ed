namespace Lucid.Silo.Hosting;

/// <summary>What runs the grains.</summary>
public enum EngineKind
{
    /// <summary>This process alone, with SQLite.</summary>
    Embedded,

    /// <summary>A cluster of silos on Microsoft Orleans, with PostgreSQL.</summary>
    Orleans,
}
