using System.Collections.Immutable;
using System.Globalization;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Verification;

/// <summary>
/// Follows the leaves of a session as they are read: their order, counts, totals and root, the gaps, and what the chunks must be. Keeps 48
/// bytes for each chunk, and those only where chunks will follow.
/// </summary>
internal sealed class LeafChecks(CheckList checks, Manifest manifest, bool keepChunks, ReceiptChecks receipts)
{
    private const int GapsToTell = 20;

    private readonly LeafReader _reader = new();
    private readonly MerkleFrontier _tree = new();
    private readonly ImmutableArray<GapLeaf>.Builder _gaps = ImmutableArray.CreateBuilder<GapLeaf>();
    private readonly HashSet<int> _tracks = [.. manifest.Tracks.Select(track => track.Index)];
    private LeafTotals _totals = LeafTotals.None;
    private bool _failed;

    /// <summary>The chunks in order of their index.</summary>
    public List<ExpectedChunk> Chunks { get; } = [];

    public ImmutableArray<GapLeaf> Gaps => _gaps.ToImmutable();

    /// <summary>Takes the next bytes of leaves.txt. After a failure it takes no more.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_failed)
            return;
        try
        {
            _reader.Append(bytes);
            while (_reader.TryRead(out var leaf, out var encoded))
                Add(leaf, MerkleHash.Leaf(encoded));
        }
        catch (MalformedException problem)
        {
            Fail(problem.Message);
        }
    }

    /// <summary>Judges the whole.</summary>
    public void End()
    {
        if (_failed)
            return;
        try
        {
            _reader.End();
        }
        catch (MalformedException problem)
        {
            Fail(problem.Message);
            return;
        }
        var found = manifest.WithLeaves(_totals, manifest.SessionRoot);
        if (found != manifest)
        {
            Fail($"the leaves add up to {Describe(found)}; the manifest says {Describe(manifest)}");
            return;
        }
        var root = _tree.Root();
        if (root != manifest.SessionRoot)
        {
            Fail($"the leaves have the root {root}, the manifest says {manifest.SessionRoot}");
            return;
        }
        checks.Pass(CheckNames.Leaves, $"{Describe(manifest)}; their root is the manifest's");
        checks.Pass(CheckNames.Gaps, DescribeGaps());
        receipts.End();
    }

    private void Add(Leaf leaf, Hash256 hash)
    {
        if (leaf.Session != manifest.Session)
            throw new MalformedException("leaves", $"leaf number {_totals.Leaves} is of session {leaf.Session}");
        if (!_tracks.Contains(leaf.Track))
            throw new MalformedException("leaves", $"leaf number {_totals.Leaves} is of track {leaf.Track}, which has no name");
        // Before anything is kept of it: a file cannot make us remember more leaves than a signed manifest counts.
        if (_totals.Leaves == manifest.LeafCount)
            throw new MalformedException("leaves", $"there are more than the {manifest.LeafCount} that the manifest counts");
        _totals = _totals.Add(leaf);
        _tree.Append(hash);
        receipts.Take(leaf, hash);
        if (leaf is ChunkLeaf chunk && keepChunks)
            Chunks.Add(new ExpectedChunk(chunk.Index, chunk.CipherLength, chunk.Root));
        else if (leaf is GapLeaf gap && _gaps.Count < VerificationReport.MaxGaps)
            _gaps.Add(gap);
    }

    private void Fail(string finding)
    {
        _failed = true;
        checks.Fail(CheckNames.Leaves, finding);
    }

    private static string Describe(Manifest counted) =>
        $"{LedgerChecks.Count((long)counted.ChunkCount, "chunk")} and {LedgerChecks.Count((long)counted.GapCount, "gap")}, " +
        $"{counted.PlainBytes} bytes recorded, {counted.CipherBytes} stored, " +
        $"{Seconds(counted.DurationMs)} long, {Seconds(counted.GapMs)} missing";

    private string DescribeGaps()
    {
        if (_totals.Gaps == 0)
            return "the recorder declares no gap";
        var told = string.Join("; ", _gaps.Take(GapsToTell).Select(gap =>
            $"track {gap.Track} from {Seconds(gap.StartMs)} to {Seconds(gap.EndMs)} ({gap.Cause.Name()})"));
        var more = _totals.Gaps > GapsToTell ? $"; and {_totals.Gaps - GapsToTell} more" : "";
        return $"{Seconds(_totals.GapMs)} are missing: {told}{more}";
    }

    private static string Seconds(long ms) => string.Create(CultureInfo.InvariantCulture, $"{ms / 1000m:0.###} s");
}
