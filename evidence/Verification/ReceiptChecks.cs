using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Verification;

/// <summary>Whether the session keeps what its recorder promised: the leaf of each chunk receipt is among the session's leaves.</summary>
internal sealed class ReceiptChecks
{
    private readonly CheckList _checks;
    private readonly Dictionary<Hash256, ulong> _open = [];
    private readonly int _count;
    private readonly int _earlier;
    private readonly int _others;
    private readonly Guid? _continues;
    private bool _failed;

    public ReceiptChecks(CheckList checks, Manifest manifest, VerifyOptions options)
    {
        _checks = checks;
        _continues = manifest.Continues;
        // One file of receipts grows over a recording that was interrupted. Those of the session before are for its own evidence file.
        var own = options.Receipts.Select((note, number) => (Note: note, Number: number + 1))
            .Where(receipt => !IsEarlier(receipt.Note, manifest)).ToList();
        (_count, _earlier) = (own.Count, options.Receipts.Count - own.Count);
        var faults = own.AsParallel().AsOrdered().WithDegreeOfParallelism(options.Parallelism)
            .Select(receipt => FindFault(receipt.Note, manifest) is { } fault ? $"receipt {receipt.Number}: {fault}" : null);
        _others = own.Count(receipt => IsAnothers(receipt.Note, manifest));
        foreach (var fault in faults)
        {
            if (fault is not null)
                Fail(fault);
        }
        if (_failed)
            return;
        foreach (var (note, _) in own)
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
        var passedOver = _earlier == 0 ? "" : $"; {_earlier} of session {_continues}, which this one continues, not looked at";
        if (_count == 0)
            _checks.Skip(CheckNames.Receipts, $"no chunk receipts {(_earlier > 0 ? "of this session " : "")}were given{passedOver}");
        else if (!_failed)
            _checks.Pass(CheckNames.Receipts, $"{LedgerChecks.Count(_count, "chunk receipt")} honoured{(_others == 0 ? "" : $", {_others} of them signed by another recorder than the manifest's")}{passedOver}");
    }

    private static bool IsEarlier(SignedNote note, Manifest manifest)
    {
        if (manifest.Continues is not { } earlier)
            return false;
        try
        {
            var receipt = ChunkReceipt.Of(note);
            return receipt.Network == manifest.Network && receipt.Leaf.Session == earlier;
        }
        catch (MalformedException)
        {
            return false;
        }
    }

    private static string? FindFault(SignedNote note, Manifest manifest)
    {
        try
        {
            var receipt = ChunkReceipt.Of(note);
            if (receipt.Network != manifest.Network || receipt.Leaf.Session != manifest.Session)
                return $"it is for session {receipt.Leaf.Session} in network {receipt.Network}, not for this one";
            return IsAnothers(note, manifest) ? null : ChunkReceipt.FindFault(note, manifest.Recorder.Name, manifest.Recorder.Key);
        }
        catch (MalformedException problem)
        {
            return problem.Message;
        }
    }

    /// <summary>
    /// A session that outlived its recorder has receipts of several, and its manifest names the last. Who signed those of the others cannot be
    /// checked here, and need not be: what counts is that the session holds what they promise.
    /// </summary>
    private static bool IsAnothers(SignedNote note, Manifest manifest) =>
        note.Signatures is [{ Name: var name }] && name.StartsWith($"lucid/{manifest.Network}/", StringComparison.Ordinal) &&
        name != LedgerName.NoteKey(manifest.Network, manifest.Recorder.Name);

    private void Fail(string finding)
    {
        _failed = true;
        _checks.Fail(CheckNames.Receipts, finding);
    }
}
