using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Proofs;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Chain.Ports;

namespace Lucid.Grains.Chain;

/// <summary>The log as sessions use it: entries in, receipts out. Calls no grain, so that sessions and chain can both call it.</summary>
public class LogGrain(IActivation self, LedgerNode ledger) : ILogGrain
{
    private const int MaxCoverings = 64;
    private const int MaxSignedBytes = AnchorBatch.Overhead + LedgerEntry.MaxBytes;

    // Owned by this activation. A block may have tens of megabytes, and every receipt for one of its 100,000 entries needs just its head.
    private readonly Dictionary<ulong, Covering> _coverings = [];

    public async Task<EntryStatus> SubmitAsync(ReadOnlyMemory<byte> entry)
    {
        LedgerEntry parsed;
        try
        {
            // A copy: the entry stays in memory until its block, whatever the caller does with its buffer.
            parsed = LedgerEntry.Parse(entry.ToArray());
        }
        catch (MalformedException malformed)
        {
            throw new InvalidRequestException($"That is no entry for the log: {malformed.Message}.");
        }
        if (!parsed.Recorder.Equals(ledger.Keys.Identity.PublicKey))
        {
            throw new InvalidRequestException(
                $"The entry of session {parsed.Session} is of recorder {parsed.Recorder}, for which {self.Key} does not sign; hand in the transaction that it signed (SubmitSignedAsync).");
        }
        return await EnterAsync(new WaitingEntry(parsed));
    }

    public async Task<EntryStatus> SubmitSignedAsync(ReadOnlyMemory<byte> transaction)
    {
        if (transaction.Length > MaxSignedBytes)
            throw new InvalidRequestException($"The transaction has {transaction.Length} bytes; one of a single entry has at most {MaxSignedBytes}.");
        AnchorBatch batch;
        try
        {
            // A copy, as above: what is verified here is what the block gets.
            batch = AnchorBatch.Parse(transaction.ToArray());
        }
        catch (MalformedException malformed)
        {
            throw new InvalidRequestException($"That is no transaction for the log: {malformed.Message}.");
        }
        if (batch.Entries is not [var entry])
            throw new InvalidRequestException($"The transaction has {batch.Entries.Length} entries; hand in each in one of its own.");
        if (entry.Kind == LedgerEntryKind.AuditRoot)
            throw new InvalidRequestException($"Audit roots are stated by {self.Key} alone, whose log the network's is; recorders hand in what they recorded.");
        if (batch.Network != ledger.Genesis.Network)
            throw new InvalidRequestException($"The transaction of session {entry.Session} is for network {batch.Network}; this ledger is of network {ledger.Genesis.Network}.");
        if (!await ledger.Cpu.RunAsync(batch.VerifySignature))
            throw new InvalidRequestException($"The transaction of session {entry.Session} is not signed by the recorder that it names, {batch.Recorder}.");
        return await EnterAsync(new WaitingEntry(entry, batch));
    }

    public Task<EntryStatus> StatusAsync(EntryKey key)
    {
        if (ledger.Index.Find(key) is { } place)
            return Task.FromResult(Status(place.Index, place.Height));
        return Task.FromResult(new EntryStatus(ledger.Pool.Has(key) ? EntryState.Pending : EntryState.Unknown, null, null));
    }

    public async Task<LogReceipt?> ReceiptAsync(EntryKey key) =>
        ledger.Index.Find(key) is { } place && place.Index < ledger.Checkpoints.PublishedSize &&
        ledger.Index.FirstCovering(place.Index + 1) is { } height
            ? await ReceiptAsync(key, place, height)
            : null;

    public async Task<LogReceipt?> RenewAsync(EntryKey key) =>
        ledger.Index.Find(key) is { } place && place.Index < ledger.Checkpoints.PublishedSize &&
        ledger.Index.FirstCovering(ledger.Checkpoints.PublishedSize) is { } height
            ? await ReceiptAsync(key, place, height)
            : null;

    public Task<LogCheckpoint?> CheckpointAsync() => Task.FromResult(ledger.Checkpoints.Published is { } published
        ? new LogCheckpoint(published.Size, ledger.Index.FirstCovering(published.Size) ?? 0, SignedNote.Parse(published.Note).ToString())
        : null);

    private async Task<EntryStatus> EnterAsync(WaitingEntry waiting)
    {
        var entry = waiting.Entry;
        var key = EntryPool.KeyOf(entry);
        if (ledger.Index.Find(key) is { } place)
        {
            return (await EntryAsync(key, place)).Bytes.Span.SequenceEqual(entry.Bytes.Span)
                ? Status(place.Index, place.Height)
                : throw new EntryConflictException($"The ledger has another {entry.Kind} of session {entry.Session}, at index {place.Index}.");
        }
        if (entry.Kind == LedgerEntryKind.AuditRoot)
            await RequireGrowthAsync(entry);
        ledger.Pool.Add(waiting);
        return new EntryStatus(EntryState.Pending, null, null);
    }

    /// <summary>
    /// That an audit root goes on from where the one before it ends. Here, because only here the entry before is at hand: a block is judged by
    /// keys alone, which makes the numbers one list, and whoever audits the ledger compares what they state.
    /// </summary>
    private async Task RequireGrowthAsync(LedgerEntry entry)
    {
        if (entry.Follows is not { } before)
            return;
        var root = (AuditRoot)LogEntry.Parse(entry.Bytes.Span);
        var key = EntryPool.KeyOf(entry) with { Session = before };
        if (ledger.Index.Find(key) is not { } place)
            throw new InvalidRequestException($"Audit root {root.Number} follows one that the ledger does not have; hand in each after the block of the one before.");
        var last = (AuditRoot)LogEntry.Parse((await EntryAsync(key, place)).Bytes.Span);
        if ((last.Size, last.Root) != (root.SizeBefore, root.RootBefore))
            throw new InvalidRequestException(
                $"Audit root {root.Number} goes on from {root.SizeBefore} records with root {root.RootBefore}; the ledger has {last.Size} with {last.Root}.");
    }

    /// <summary>The receipt, verified as its reader will: files that changed after they were written give none.</summary>
    private async Task<LogReceipt?> ReceiptAsync(EntryKey key, EntryPlace place, ulong height)
    {
        if (await CoveringAsync(height) is not { } covering)
            return null;
        var index = place.Index;
        if (index >= covering.LogSize)
            throw ledger.Index.Doubt($"it says that block {height} covers entry {index}, and its log has {covering.LogSize}");
        ledger.RequireLog(covering.LogSize);
        var entry = await EntryAsync(key, place);
        var proof = InclusionProof.Build(index, covering.LogSize, ledger.LogNodes);
        if (!InclusionProof.Verify(index, covering.LogSize, MerkleHash.Leaf(entry.Bytes.Span), proof, covering.LogRoot))
            throw ledger.Log.Doubt($"entry {index} and the hashes beside it do not give the root of block {height}");
        return new LogReceipt(index, Encoding.UTF8.GetString(new TlogProof(index, proof, covering.Checkpoint).Encode()), covering.Block, covering.TimeMs);
    }

    /// <summary>The entry at the place that the index names, if it is the one that was looked for.</summary>
    private async Task<LedgerEntry> EntryAsync(EntryKey key, EntryPlace place)
    {
        ledger.RequireLog(place.Index + 1);
        LedgerEntry entry;
        try
        {
            entry = LedgerEntry.Parse(await ledger.Log.EntryAsync(place.Index, CancellationToken.None));
        }
        catch (MalformedException malformed)
        {
            throw ledger.Log.Doubt($"entry {place.Index} cannot be read ({malformed.Message})");
        }
        return EntryPool.KeyOf(entry) == key ? entry
            : throw ledger.Index.Doubt($"it says that the {key.Kind} of session {key.Session} is entry {place.Index}, which is another's");
    }

    private async Task<Covering?> CoveringAsync(ulong height)
    {
        if (_coverings.TryGetValue(height, out var known))
            return known;
        if (await ledger.Blocks.ReadAsync(height, CancellationToken.None) is not { Header: var header, Certificate: { } certificate })
            throw ledger.Index.Doubt($"it names block {height}, and the blocks end at height {ledger.Blocks.Height}");
        // A lone validator may have lost its checkpoints: what it signed is a function of the block, so it is made again, bit for bit.
        var checkpoint = await ledger.Checkpoints.ReadAsync(header.LogSize, CancellationToken.None) is { } note && RootOf(note) == header.LogRoot
            ? SignedNote.Parse(note)
            : CheckpointNote.Make(ledger, header.LogSize, header.LogRoot, header.TimeMs);
        if (checkpoint is null)
            return null;
        if (_coverings.Count == MaxCoverings)
            _coverings.Clear();
        return _coverings[height] = new Covering(
            new CertifiedHeader(height, header.Encode(), certificate.Encode()), header.LogSize, header.LogRoot, header.TimeMs, checkpoint);
    }

    private static Hash256 RootOf(byte[] note) => Checkpoint.Parse(SignedNote.Parse(note).TextBytes).Root;

    private EntryStatus Status(ulong index, ulong height) =>
        new(index < ledger.Checkpoints.PublishedSize ? EntryState.Published : EntryState.Committed, index, height);

    /// <summary>A block's proof of being final, and the published checkpoint of its log.</summary>
    private sealed record Covering(CertifiedHeader Block, ulong LogSize, Hash256 LogRoot, long TimeMs, SignedNote Checkpoint);
}
