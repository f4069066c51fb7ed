using System.Globalization;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Chain;

/// <summary>
/// A file of the ledger is not as this node left it. Nothing was changed; the message names the file, the place, what is wrong and the cure.
/// Nothing is built on such a file: what would need it waits.
/// </summary>
public sealed class LedgerDamagedException : GrainException
{
    public LedgerDamagedException(string message) : base(message) { }

    /// <param name="offset">Where the damaged record begins; null where it is the file as a whole.</param>
    public LedgerDamagedException(string file, long? offset, string damage, string cure)
        : base(string.Create(CultureInfo.InvariantCulture, $"{file}{(offset is null ? "" : " at offset ")}{offset}: {damage}. {cure}"))
    {
        (Data["file"], Data["offset"], Data["damage"], Data["cure"]) = (file, offset, damage, cure);
    }

    public string File => Data["file"] as string ?? "";

    public long? Offset => Data["offset"] as long?;

    /// <summary>What is wrong.</summary>
    public string Damage => Data["damage"] as string ?? Message;

    /// <summary>What an operator can do.</summary>
    public string Cure => Data["cure"] as string ?? "";
}

/// <summary>The ledger makes no blocks here and has no answer now. The message says why; try again later.</summary>
public sealed class LedgerUnavailableException : GrainException
{
    public LedgerUnavailableException(string message) : base(message) { }
}
