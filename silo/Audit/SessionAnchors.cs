using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Audit;

/// <summary>
/// Where the sessions say that the ledger holds their entries, against where it does: each entry of a session is there, and each entry of this
/// recorder has its session.
/// </summary>
/// <param name="damaged">Told what is wrong with what the sessions say.</param>
internal sealed class SessionAnchors(Action<string> damaged)
{
    private readonly Dictionary<ulong, (Guid Session, AnchorView Place, Hash256 Hash)> _open = [];

    /// <summary>Whether the grain store knows a session; null where it could not be read.</summary>
    public Func<Guid, bool>? IsKnown { get; set; }

    public void Expect(Guid session, AnchorView place, Hash256 hash)
    {
        if (!_open.TryAdd(place.LogIndex, (session, place, hash)))
            damaged($"session {session:D} and session {_open[place.LogIndex].Session:D} both name log entry {place.LogIndex}");
    }

    /// <summary>The next block of the ledger.</summary>
    public void Take(BlockHeader header, ImmutableArray<LedgerEntry> entries, Ed25519PublicKey? self)
    {
        var index = header.LogSize - (ulong)entries.Length;
        foreach (var entry in entries)
        {
            if (_open.Remove(index, out var expected) && FindFault(expected.Place, expected.Hash, header, entry, index) is { } fault)
                damaged($"session {expected.Session:D}: {fault}");
            if (IsKnown is not null && entry.Kind != LedgerEntryKind.AuditRoot && entry.Recorder.Equals(self) && !IsKnown(entry.Session))
                damaged($"block {header.Height} has the {entry.Kind.ToString().ToLowerInvariant()} of session {entry.Session:D}, which was recorded here and is not known any more");
            index++;
        }
    }

    /// <summary>Every block was taken.</summary>
    public void End()
    {
        foreach (var (index, (session, _, _)) in _open)
            damaged($"session {session:D} names log entry {index}, and the ledger has no such entry");
    }

    private static string? FindFault(AnchorView place, Hash256 hash, BlockHeader header, LedgerEntry entry, ulong index)
    {
        if (MerkleHash.Leaf(entry.Bytes.Span) != hash)
            return $"log entry {index}, which it names, is not what follows from its manifest";
        return place.BlockHeight == (long)header.Height && place.BlockTime.ToUnixTimeMilliseconds() == header.TimeMs
            ? null
            : $"it names block {place.BlockHeight} of {place.BlockTime:O}, and its log entry {index} is in block {header.Height}";
    }
}
