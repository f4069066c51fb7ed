using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>A log that publishes what it was handed once <see cref="Open"/> says so, on whichever node it is asked.</summary>
internal sealed class FakeLedger(FakeRecorders recorders)
{
    public FakeRecorders Recorders => recorders;
    public bool Open { get; set; } = true;
    public BlockPoint Latest { get; set; } = new(4, Hash256.Of("block"u8), 999_999_990_000);

    /// <summary>Why it has no answer to what the latest block is.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What that answer waits for.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public List<byte[]> Entries { get; } = [];

    /// <summary>The nodes whose logs were handed the entries, in the same order.</summary>
    public List<string> Nodes { get; } = [];

    public EntryStatus Take(string node, byte[] entry)
    {
        if (!Entries.Exists(one => one.AsSpan().SequenceEqual(entry)))
        {
            Entries.Add(entry);
            Nodes.Add(node);
        }
        return Open ? new EntryStatus(EntryState.Published, 0, 5) : new EntryStatus(EntryState.Pending, null, null);
    }
}

internal sealed class FakeLogGrain(IActivation self, FakeLedger ledger) : ILogGrain
{
    private string Node => ledger.Recorders.Reach("log", self.Key);

    public Task<EntryStatus> SubmitAsync(ReadOnlyMemory<byte> entry) =>
        LedgerEntry.Parse(entry).Recorder.Equals(ledger.Recorders[Node].Key.PublicKey)
            ? Task.FromResult(ledger.Take(Node, entry.ToArray()))
            : throw new InvalidRequestException("The entry is of another recorder.");

    public Task<EntryStatus> SubmitSignedAsync(ReadOnlyMemory<byte> transaction)
    {
        var batch = AnchorBatch.Parse(transaction);
        return batch.VerifySignature() && batch.Entries.Length == 1
            ? Task.FromResult(ledger.Take(Node, batch.Entries[0].Bytes.ToArray()))
            : throw new InvalidRequestException("The transaction is not one entry, signed.");
    }

    public Task<EntryStatus> StatusAsync(EntryKey key) => throw new NotSupportedException();

    public Task<LogReceipt?> ReceiptAsync(EntryKey key) => Task.FromResult<LogReceipt?>(
        Node.Length > 0 && ledger.Open ? new LogReceipt(0, "proof", new CertifiedHeader(5, [], []), 1_000_000_000_000) : null);

    public Task<LogReceipt?> RenewAsync(EntryKey key) => throw new NotSupportedException();
    public Task<LogCheckpoint?> CheckpointAsync() => throw new NotSupportedException();
}

internal sealed class FakeChainGrain(IActivation self, FakeLedger ledger) : IChainGrain
{
    public async Task<BlockPoint> LatestAsync()
    {
        ledger.Recorders.Reach("chain", self.Key);
        await ledger.Gate;
        return ledger.Failure is { } failure ? throw failure : ledger.Latest;
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
