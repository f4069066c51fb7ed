using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;

namespace Lucid.Grains.Sessions;

/// <summary>
/// The leaves of a session as they arrive: in any order within the window, counted once, folded into the tree in the order of their
/// indices. What a leaf costs does not depend on how many came before it.
/// </summary>
public sealed class LeafTally
{
    private readonly SortedDictionary<ulong, Leaf> _ahead = [];
    private readonly SortedDictionary<int, long> _ends = [];
    private readonly MerkleFrontier _frontier;

    public LeafTally(LeafTallySnapshot snapshot)
    {
        Rows = snapshot.Rows;
        Totals = snapshot.Totals;
        LastEndMs = snapshot.LastEndMs;
        TimeGaps = snapshot.TimeGaps;
        _frontier = MerkleFrontier.Restore(snapshot.Totals.Leaves, snapshot.Frontier.AsSpan());
        foreach (var end in snapshot.TrackEnds)
            _ends[end.Track] = end.EndMs;
        foreach (var bytes in snapshot.Ahead)
        {
            var leaf = Leaf.Parse(bytes);
            _ahead[leaf.Index] = leaf;
        }
    }

    /// <summary>Rows of the journal that are folded in.</summary>
    public long Rows { get; private set; }

    /// <summary>Over the leaves without a hole before them.</summary>
    public LeafTotals Totals { get; private set; }

    /// <summary>The lowest index that is not counted.</summary>
    public ulong Next => Totals.Leaves;

    /// <summary>The end of the leaf before <see cref="Next"/>.</summary>
    public long LastEndMs { get; private set; }

    /// <summary>Leaves that stand for a stretch of time rather than for a missing chunk.</summary>
    public int TimeGaps { get; private set; }

    /// <summary>Counted leaves beyond a hole, in order.</summary>
    public IReadOnlyCollection<Leaf> Ahead => _ahead.Values;

    public Hash256 Root() => _frontier.Root();

    public bool Has(ulong index) => index < Next || _ahead.ContainsKey(index);

    /// <summary>The latest end on that track; 0 where nothing is.</summary>
    public long TrackEnd(int track) => _ends.GetValueOrDefault(track);

    /// <summary>The latest end on any track.</summary>
    public long End => _ends.Count == 0 ? 0 : _ends.Values.Max();

    /// <summary>The indices that are missing below a counted one.</summary>
    public IEnumerable<ulong> Holes()
    {
        var next = Next;
        foreach (var index in _ahead.Keys)
        {
            for (; next < index; next++)
                yield return next;
            next++;
        }
    }

    /// <summary>Refuses a leaf that could not be folded in once everything before it is: its gap would exceed what a manifest can state.</summary>
    /// <exception cref="MalformedException">It could not.</exception>
    public void Check(Leaf leaf) => _ = (Totals with { Leaves = leaf.Index }).Add(leaf);

    /// <summary>Folds in a leaf whose row the journal has. A leaf that is counted already changes nothing but <see cref="Rows"/>.</summary>
    public void Add(Leaf leaf)
    {
        Rows++;
        if (Has(leaf.Index))
            return;
        _ahead[leaf.Index] = leaf;
        _ends[leaf.Track] = Math.Max(TrackEnd(leaf.Track), leaf.EndMs);
        while (_ahead.Remove(Next, out var next))
        {
            Totals = Totals.Add(next);
            _frontier.Append(next.Hash());
            LastEndMs = next.EndMs;
            if (next is GapLeaf { Cause: not GapCause.Lost })
                TimeGaps++;
        }
    }

    public LeafTallySnapshot Snapshot() => new()
    {
        Rows = Rows,
        Totals = Totals,
        LastEndMs = LastEndMs,
        TimeGaps = TimeGaps,
        Frontier = _frontier.Hashes,
        TrackEnds = [.. _ends.Select(end => new TrackEnd(end.Key, end.Value))],
        Ahead = [.. _ahead.Values.Select(leaf => leaf.Encode())],
    };
}

/// <summary>A <see cref="LeafTally"/> at rest.</summary>
public sealed record LeafTallySnapshot
{
    public long Rows { get; init; }
    public LeafTotals Totals { get; init; } = LeafTotals.None;
    public long LastEndMs { get; init; }
    public int TimeGaps { get; init; }
    public ImmutableArray<Hash256> Frontier { get; init; } = [];
    public ImmutableArray<TrackEnd> TrackEnds { get; init; } = [];
    public ImmutableArray<byte[]> Ahead { get; init; } = [];
}

public sealed record TrackEnd(int Track, long EndMs);

/// <summary>One row of a session's journal: a leaf's exact bytes, in the order of arrival.</summary>
public sealed record LeafRow(byte[] Leaf);
