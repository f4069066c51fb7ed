using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>
/// A log that publishes what it was handed once <see cref="Open"/> says so, on whichever node it is asked. Grains ask it on any thread; only
/// the test changes what it answers.
/// </summary>
public sealed class FakeLedger(FakeRecorders recorders)
{
    private readonly Lock _gate = new();
    private ImmutableList<(Guid Session, string Node, byte[] Entry)> _taken = [];
    private (TaskCompletionSource Asked, TaskCompletionSource Released)? _held;

    public FakeRecorders Recorders => recorders;
    public bool Open { get; set; } = true;
    public BlockPoint Latest { get; set; } = _first;

    /// <summary>Why it has no answer to what the latest block is.</summary>
    public Exception? Failure { get; set; }

    private static BlockPoint _first => new(4, Hash256.Of("block"u8), 999_999_990_000);

    /// <summary>What it was handed of a session, each entry once, and the nodes whose logs were handed it.</summary>
    public ImmutableArray<(string Node, byte[] Entry)> Of(Guid session) =>
        [.. _taken.Where(one => one.Session == session).Select(one => (one.Node, one.Entry))];

    public void Forget(Guid session)
    {
        lock (_gate)
            _taken = _taken.RemoveAll(one => one.Session == session);
    }

    /// <summary>From now on nobody hears what the latest block is, until <see cref="Release"/>.</summary>
    /// <returns>Once somebody asked.</returns>
    public Task Hold()
    {
        var asked = new TaskCompletionSource();
        _held = (asked, new TaskCompletionSource());
        return asked.Task;
    }

    public void Release()
    {
        _held?.Released.SetResult();
        _held = null;
    }

    /// <summary>As at first, but for what it was handed.</summary>
    public void Reset()
    {
        Release();
        (Open, Latest, Failure) = (true, _first, null);
    }

    public EntryStatus Take(string node, LedgerEntry entry)
    {
        lock (_gate)
        {
            if (!_taken.Exists(one => one.Entry.AsSpan().SequenceEqual(entry.Bytes.Span)))
                _taken = _taken.Add((entry.Session, node, entry.Bytes.ToArray()));
        }
        return Open ? new EntryStatus(EntryState.Published, 0, 5) : new EntryStatus(EntryState.Pending, null, null);
    }

    public async Task<BlockPoint> LatestAsync()
    {
        if (_held is var (asked, released))
        {
            asked.TrySetResult();
            await released.Task;
        }
        return Failure is { } failure ? throw failure : Latest;
    }
}

public class FakeLogGrain(IActivation self, FakeLedger ledger) : ILogGrain
{
    private string Node => ledger.Recorders.Reach("log", self.Key);

    public Task<EntryStatus> SubmitAsync(ReadOnlyMemory<byte> entry)
    {
        var parsed = LedgerEntry.Parse(entry);
        return parsed.Recorder.Equals(ledger.Recorders[Node].Key.PublicKey)
            ? TakeAsync(parsed)
            : throw new InvalidRequestException("The entry is of another recorder.");
    }

    public Task<EntryStatus> SubmitSignedAsync(ReadOnlyMemory<byte> transaction)
    {
        var batch = AnchorBatch.Parse(transaction);
        return batch.VerifySignature() && batch.Entries.Length == 1
            ? TakeAsync(batch.Entries[0])
            : throw new InvalidRequestException("The transaction is not one entry, signed.");
    }

    public Task<EntryStatus> StatusAsync(EntryKey key) => throw new NotSupportedException();

    public Task<LogReceipt?> ReceiptAsync(EntryKey key) => Task.FromResult<LogReceipt?>(
        Node.Length > 0 && ledger.Open ? new LogReceipt(0, "proof", new CertifiedHeader(5, [], []), 1_000_000_000_000) : null);

    public Task<LogReceipt?> RenewAsync(EntryKey key) => throw new NotSupportedException();
    public Task<LogCheckpoint?> CheckpointAsync() => throw new NotSupportedException();

    private async Task<EntryStatus> TakeAsync(LedgerEntry entry)
    {
        var status = ledger.Take(Node, entry);
        if (status.State == EntryState.Published)
            await self.PublishAsync(entry.Session.ToString("D"), new LogEntryCommitted(entry.Session, status.Height!.Value, status.Index!.Value, entry.Kind));
        return status;
    }
}

public class FakeChainGrain(IActivation self, FakeLedger ledger) : IChainGrain
{
    public Task<BlockPoint> LatestAsync()
    {
        ledger.Recorders.Reach("chain", self.Key);
        return ledger.LatestAsync();
    }

    public Task StartAsync() => throw new NotSupportedException();
    public Task<ChainInfo> InfoAsync() => throw new NotSupportedException();
    public Task<ChainStatus> StatusAsync() => throw new NotSupportedException();
    public Task<BlockView?> BlockAsync(ulong height) => throw new NotSupportedException();
    public Task<BlockView?> BlockByIdAsync(Hash256 id) => throw new NotSupportedException();
    public Task<BlockPage> BlocksAsync(BlockQuery query) => throw new NotSupportedException();
    public Task<CertifiedHeader?> HeaderAsync(ulong height) => throw new NotSupportedException();
    public Task<byte[]> ValidatorsAsync() => throw new NotSupportedException();
    public Task<byte[]> GenesisAsync() => throw new NotSupportedException();
}
