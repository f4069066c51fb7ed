using Lucid.Evidence;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Audit;

/// <summary>Where the sessions say that the ledger holds their entries; what is left when the ledger was read is missing there.</summary>
internal sealed class ExpectedAnchors
{
    private readonly Dictionary<ulong, (Guid Session, AnchorView Place, Hash256 Hash)> _open = [];
    private readonly List<(Guid Session, ulong Index)> _twice = [];

    public void Expect(Guid session, AnchorView place, Hash256 hash)
    {
        if (!_open.TryAdd(place.LogIndex, (session, place, hash)))
            _twice.Add((session, place.LogIndex));
    }

    /// <summary>The log has that entry there. What a session says otherwise is in the answer.</summary>
    public (Guid Session, string Problem)? Meet(ulong index, Hash256 hash, ulong height, long timeMs)
    {
        if (!_open.Remove(index, out var expected))
            return null;
        if (expected.Hash != hash)
            return (expected.Session, $"log entry {index}, which it names, is another one");
        return expected.Place.BlockHeight == (long)height && expected.Place.BlockTime.ToUnixTimeMilliseconds() == timeMs
            ? null
            : (expected.Session, $"it names block {expected.Place.BlockHeight}, and its entry is covered by block {height}");
    }

    /// <summary>Sessions whose entries the log does not have.</summary>
    public IEnumerable<(Guid Session, ulong Index)> Left() => _open.Select(left => (left.Value.Session, left.Key)).Concat(_twice);
}
