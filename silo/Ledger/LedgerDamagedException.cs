namespace Lucid.Silo.Ledger;

/// <summary>
/// A file of the ledger is not as this node left it. Nothing was changed; the message names the file, the place, what is wrong and the
/// cure. The node must not go on: what it built on such a file could not be trusted.
/// </summary>
public sealed class LedgerDamagedException : Exception
{
    public LedgerDamagedException(string file, long? offset, string damage, string cure, Exception? cause = null)
        : base($"{file}{(offset is { } at ? $" at offset {at}" : "")}: {damage}. {cure}", cause) => (File, Offset, Damage, Cure) = (file, offset, damage, cure);

    public string File { get; }

    /// <summary>What is wrong.</summary>
    public string Damage { get; }

    /// <summary>What an operator can do.</summary>
    public string Cure { get; }

    /// <summary>Where the damaged record begins; null where it is the file as a whole.</summary>
    public long? Offset { get; }
}
