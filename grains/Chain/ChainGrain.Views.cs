using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Chain;

/// <summary>What the chain tells.</summary>
public partial class ChainGrain
{
    private const int TransactionsShown = 100;

    public Task<ChainInfo> InfoAsync()
    {
        RefuseUnlessRecovered();
        var validators = ledger.Validators;
        return Task.FromResult(new ChainInfo(
            ledger.Genesis.Name, ledger.Genesis.Network, ledger.Keys.Identity.PublicKey.ToString(),
            Self < 0 ? "" : validators.Validators[Self].Name, Parameters.BlockIntervalMs, _head.Height, _head.Id, At(_head.TimeMs),
            _head.LogSize, _head.LogRoot, _head.Counts.Anchors, _head.Counts.Erasures, _head.Counts.Transactions, validators.Count, validators.Fingerprint,
            NoteVerifierKey.For(ledger.Origin, NoteKeyType.Ed25519, ledger.Keys.Log.PublicKey).ToString(),
            [.. Enumerable.Range(0, validators.Count).Select(index =>
                NoteVerifierKey.For(validators.CosignerName(index), NoteKeyType.Cosignature, validators.Validators[index].Cosigning).ToString())]));
    }

    public Task<ChainStatus> StatusAsync() => Task.FromResult(new ChainStatus(
        _waiting is null ? "healthy" : "waiting", _waiting, _head.Height, _recovered ? Math.Max(0, _state.Round) : 0, At(_head.TimeMs), _due,
        ledger.Pool.Count, _recovered ? ledger.Checkpoints.PublishedSize : 0));

    public Task<BlockPoint> LatestAsync()
    {
        RefuseUnlessRecovered();
        return Task.FromResult(new BlockPoint(_head.Height, _head.Id, _head.TimeMs));
    }

    public async Task<BlockView?> BlockAsync(ulong height)
    {
        RefuseUnlessRecovered();
        if (height == 0 || height > _head.Height || await ledger.Blocks.ReadAsync(height, CancellationToken.None) is not { } block)
            return null;
        var header = block.Header;
        var summary = Summaries(height, 1).Single();
        var transactions = await ledger.Cpu.RunAsync(() => block.Transactions.Take(TransactionsShown).Select(bytes =>
            new TransactionView(Hash256.Of(bytes.Span), "anchor_batch", bytes.Length, AnchorBatch.Parse(bytes).Entries.Length)).ToImmutableArray());
        return new BlockView(
            height, summary.BlockId, header.PreviousId, summary.Timestamp, summary.Validator, header.Proposer.ToString(), block.Certificate!.Round,
            header.TransactionCount, header.TransactionsRoot, header.StateRoot, header.LogSize, header.LogRoot, summary.Entries,
            summary.SizeBytes, header.ValidatorsHash, transactions);
    }

    public Task<BlockView?> BlockByIdAsync(Hash256 id)
    {
        RefuseUnlessRecovered();
        return ledger.Index.HeightOf(id) is { } height ? BlockAsync(height) : Task.FromResult<BlockView?>(null);
    }

    public Task<BlockPage> BlocksAsync(BlockQuery query)
    {
        RefuseUnlessRecovered();
        if (query.Page < 1 || query.Limit is < 1 or > 100)
            throw new InvalidRequestException($"A page is 1 or more and a limit 1 to 100; they are {query.Page} and {query.Limit}.");
        var from = Math.Max(1, query.From ?? 1);
        var to = Math.Min(_head.Height, query.To ?? _head.Height);
        if (from > to)
            return Task.FromResult(new BlockPage([], 0));
        var total = to - from + 1;
        var skip = (ulong)(query.Page - 1) * (ulong)query.Limit;
        if (skip >= total)
            return Task.FromResult(new BlockPage([], total));
        var count = Math.Min((ulong)query.Limit, total - skip);
        var lowest = query.Ascending ? from + skip : to - skip - count + 1;
        var blocks = Summaries(lowest, count);
        return Task.FromResult(new BlockPage([.. query.Ascending ? blocks : blocks.Reverse()], total));
    }

    public async Task<CertifiedHeader?> HeaderAsync(ulong height)
    {
        RefuseUnlessRecovered();
        var block = height == 0 || height > _head.Height ? null : await ledger.Blocks.ReadAsync(height, CancellationToken.None);
        return block is null ? null : new CertifiedHeader(height, block.Header.Encode(), block.Certificate!.Encode());
    }

    public Task<byte[]> ValidatorsAsync() => Task.FromResult(ledger.Validators.Encode());

    public Task<byte[]> GenesisAsync() => Task.FromResult(ledger.Genesis.Encode());

    /// <summary>From the index alone: a block itself may have tens of megabytes.</summary>
    private IEnumerable<BlockSummary> Summaries(ulong lowest, ulong count)
    {
        // One more below, since what a block added is the difference to the one before it.
        var before = 0ul;
        var found = ledger.Index.Blocks(lowest - 1, lowest + count - 1);
        if ((ulong)found.Count != count + (lowest > 1 ? 1ul : 0))
            throw ledger.Index.Doubt($"it lacks some of the blocks {lowest} to {lowest + count - 1}");
        foreach (var block in found)
        {
            if (block.Height >= lowest)
            {
                yield return new BlockSummary(
                    block.Height, block.Id, At(block.TimeMs), block.Transactions, block.SizeBytes, block.LogSize - before, NameOf(block.Proposer));
            }
            before = block.LogSize;
        }
    }

    private void RefuseUnlessRecovered()
    {
        if (!_recovered)
            throw new LedgerUnavailableException($"This node's ledger has no answer: {_waiting}");
    }

    private string NameOf(Ed25519PublicKey proposer) =>
        ledger.Validators.IndexOf(proposer) is >= 0 and var index ? ledger.Validators.Validators[index].Name : "";

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
