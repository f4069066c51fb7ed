namespace Lucid.Silo.Hosting;

/// <summary>Which part of Lucid this process is.</summary>
public enum NodeRole
{
    /// <summary>All of it in one process; the only role of the embedded engine.</summary>
    Node,

    /// <summary>Grains, recorder and ledger of a cluster.</summary>
    Silo,

    /// <summary>The HTTP face of a cluster.</summary>
    Gateway,
}
