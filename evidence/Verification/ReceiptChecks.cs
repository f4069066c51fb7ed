using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Verification;

/// <summary>Whether the session keeps what its recorder promised: the leaf of each chunk receipt is among the session's leaves.</summary>
internal sealed class ReceiptChecks
{
    private readonly CheckList _checks;
    private readonly Dictionary<Hash256, ulong> _open = [];
    private readonly int _count;
    private bool _failed;

    public ReceiptChecks(CheckList checks, Manifest manifest, VerifyOptions options)
    {
        (_checks, _count) = (checks, options.Receipts.Count);
        var faults = options.Receipts.AsParallel().AsOrdered().WithDegreeOfParallelism(options.Parallelism)
            .Select((note, number) => FindFault(note, manifest) is { } fault ? $"receipt {number + 1}: {fault}" : null);
        foreach (var fault in faults)
        {
            if (fault is not null)
                Fail(fault);
        }
        if (_failed)
            return;
        foreach (var note in options.Receipts)
        {
            var leaf = ChunkReceipt.Of(note).Leaf;
            _open[leaf.Hash()] = leaf.Index;
        }
    }

    /// <summary>The next of the session's leaves.</summary>
    public void Take(Leaf leaf, Hash256 hash)
    {
        if (leaf is ChunkLeaf)
            _open.Remove(hash);
    }

    /// <summary>Every leaf was taken.</summary>
    public void End()
    {
        foreach (var index in _open.Values.Order())
            Fail($"the recorder signed a receipt for chunk {index}, and the session holds no such chunk or another one");
        if (_count == 0)
            _checks.Skip(CheckNames.Receipts, "no chunk receipts were given");
        else if (!_failed)
            _checks.Pass(CheckNames.Receipts, $"{ProofChecks.Count(_count, "chunk receipt")} honoured");
    }

    private static string? FindFault(SignedNote note, Manifest manifest)
    {
        try
        {
            var receipt = ChunkReceipt.Of(note);
            if (receipt.Network != manifest.Network || receipt.Leaf.Session != manifest.Session)
                return $"it is for session {receipt.Leaf.Session} in network {receipt.Network}, not for this one";
            return ChunkReceipt.FindFault(note, manifest.Recorder.Name, manifest.Recorder.Key);
        }
        catch (MalformedException problem)
        {
            return problem.Message;
        }
    }

    private void Fail(string finding)
    {
        _failed = true;
        _checks.Fail(CheckNames.Receipts, finding);
    }
}
