using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Proofs;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Chain;

/// <summary>The log as sessions use it: entries in, receipts out. Calls no grain, so that sessions and chain can both call it.</summary>
public sealed class LogGrain(IActivation self, LedgerNode ledger) : ILogGrain
{
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
            throw new InvalidRequestException($"The entry of session {parsed.Session} is of another recorder than {self.Key}.");
        if (ledger.Index.Find(EntryPool.KeyOf(parsed)) is { } place)
        {
            return (await ledger.Log.EntryAsync(place.Index, CancellationToken.None)).AsSpan().SequenceEqual(parsed.Bytes.Span)
                ? Status(place.Index, place.Height)
                : throw new EntryConflictException($"The ledger has another {parsed.Kind} of session {parsed.Session}, at index {place.Index}.");
        }
        ledger.Pool.Add(parsed);
        return new EntryStatus(EntryState.Pending, null, null);
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
            ? await ReceiptAsync(place.Index, height)
            : null;

    public async Task<LogReceipt?> RenewAsync(EntryKey key) =>
        ledger.Index.Find(key) is { } place && place.Index < ledger.Checkpoints.PublishedSize &&
        ledger.Index.FirstCovering(ledger.Checkpoints.PublishedSize) is { } height
            ? await ReceiptAsync(place.Index, height)
            : null;

    public Task<LogCheckpoint?> CheckpointAsync()
    {
        var checkpoints = ledger.Checkpoints;
        return Task.FromResult(checkpoints.Published is { } note
            ? new LogCheckpoint(checkpoints.PublishedSize, ledger.Index.FirstCovering(checkpoints.PublishedSize) ?? 0, SignedNote.Parse(note).ToString())
            : null);
    }

    private async Task<LogReceipt?> ReceiptAsync(ulong index, ulong height)
    {
        var block = await ledger.Blocks.ReadAsync(height, CancellationToken.None);
        if (block is null || await ledger.Checkpoints.ReadAsync(block.Header.LogSize, CancellationToken.None) is not { } note)
            return null;
        var proof = InclusionProof.Build(index, block.Header.LogSize, ledger.LogNodes);
        return new LogReceipt(
            index, System.Text.Encoding.UTF8.GetString(new TlogProof(index, proof, SignedNote.Parse(note)).Encode()),
            new CertifiedHeader(height, block.Header.Encode(), block.Certificate!.Encode()), block.Header.TimeMs);
    }

    private EntryStatus Status(ulong index, ulong height) =>
        new(index < ledger.Checkpoints.PublishedSize ? EntryState.Published : EntryState.Committed, index, height);
}
