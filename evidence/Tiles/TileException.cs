namespace Lucid.Evidence.Tiles;

/// <summary>What is wrong with a tile or bundle that a log served.</summary>
public enum TileFault
{
    /// <summary>The log does not serve it, though its checkpoint needs it. Ask again, or another mirror.</summary>
    Missing,

    /// <summary>Its length or structure is not that of such a tile.</summary>
    Malformed,

    /// <summary>It is not what the checkpoint's root commits to: it was altered, or the log lies. Keep it, it is evidence.</summary>
    Mismatch,
}

/// <summary>A log's tiles cannot be read or do not lead to its checkpoint.</summary>
public sealed class TileException : Exception
{
    public TileException(TileFault fault, TilePath path, string reason, Exception? cause = null) : base($"{path}: {reason}", cause) =>
        (Fault, Path) = (fault, path);

    public TileFault Fault { get; }

    /// <summary>The tile or bundle that was asked for.</summary>
    public TilePath Path { get; }
}
