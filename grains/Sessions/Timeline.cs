using System.Collections.Immutable;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>Which seconds are missing: pure functions over stretches of time in ms since a session's start.</summary>
internal static class Timeline
{
    /// <summary>
    /// The gaps that are left once a chunk covers <paramref name="covered"/>. Only outages shrink: whoever paused did not record, whatever
    /// times a chunk claims, but a client that went on while the node was down may deliver those seconds later.
    /// </summary>
    /// <param name="most">Gaps at most: a chunk in the middle of an outage does not split it beyond that, and the outage stays whole.</param>
    public static ImmutableArray<TimeGap> Cover(ImmutableArray<TimeGap> gaps, ChunkTimes covered, int most)
    {
        if (!gaps.Any(gap => gap.Cause == GapCause.NodeDown && gap.StartMs < covered.EndMs && covered.StartMs < gap.EndMs))
            return gaps;
        var left = ImmutableArray.CreateBuilder<TimeGap>(gaps.Length + 1);
        foreach (var gap in gaps)
        {
            if (gap.Cause != GapCause.NodeDown || gap.StartMs >= covered.EndMs || covered.StartMs >= gap.EndMs)
            {
                left.Add(gap);
                continue;
            }
            if (gap.StartMs < covered.StartMs)
                left.Add(gap with { EndMs = covered.StartMs });
            if (covered.EndMs < gap.EndMs)
                left.Add(gap with { StartMs = covered.EndMs });
        }
        return left.Count > Math.Max(most, gaps.Length) ? gaps : left.ToImmutable();
    }

    /// <summary>
    /// What <paramref name="whole"/> adds to the gaps that are known: the parts of it that none of them covers, so that no second is said to be
    /// missing twice.
    /// </summary>
    public static IEnumerable<TimeGap> Beyond(IEnumerable<TimeGap> known, TimeGap whole)
    {
        var from = whole.StartMs;
        foreach (var gap in known.Where(gap => gap.EndMs > whole.StartMs && gap.StartMs < whole.EndMs).OrderBy(gap => gap.StartMs))
        {
            if (from < gap.StartMs)
                yield return whole with { StartMs = from, EndMs = gap.StartMs };
            from = Math.Max(from, gap.EndMs);
        }
        if (from < whole.EndMs)
            yield return whole with { StartMs = from };
    }

    /// <summary>
    /// Gap leaves for the holes below <paramref name="ahead"/>. Neighbouring missing chunks share the time between the leaf before them and
    /// the leaf after them in equal parts, because nobody knows better.
    /// </summary>
    public static IEnumerable<GapLeaf> Holes(Guid session, ulong next, long lastEndMs, IEnumerable<Leaf> ahead)
    {
        foreach (var leaf in ahead)
        {
            var missing = (long)(leaf.Index - next);
            var length = Math.Max(0, leaf.StartMs - lastEndMs);
            for (var i = 0L; i < missing; i++)
            {
                yield return new GapLeaf(session, next + (ulong)i, leaf.Track,
                    lastEndMs + (length * i / missing), lastEndMs + (length * (i + 1) / missing), GapCause.Lost);
            }
            next = leaf.Index + 1;
            lastEndMs = leaf.EndMs;
        }
    }
}
