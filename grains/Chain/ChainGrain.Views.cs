using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Chain;

/// <summary>What the chain tells.</summary>
public sealed partial class ChainGrain
{
    private const int TransactionsShown = 100;

    public Task<ChainInfo> InfoAsync()
    {
        var validators = ledger.Validators;
        return Task.FromResult(new ChainInfo(
            ledger.Genesis.Name, ledger.Genesis.Network, ledger.Keys.Identity.PublicKey.ToString(),
            Self < 0 ? "" : validators.Validators[Self].Name, Parameters.BlockIntervalMs, _head.Height, _head.Id, At(_head.TimeMs),
            _head.LogSize, _head.LogRoot, _head.Counts.Anchors, _head.Counts.Erasures, _head.Counts.Transactions, validators.Count, validators.Fingerprint));
    }

    public Task<ChainStatus> StatusAsync() => Task.FromResult(new ChainStatus(
        _waiting is null ? "healthy" : "waiting", _waiting, _head.Height, Math.Max(0, _state.Round), At(_head.TimeMs), _due,
        ledger.Pool.Count, ledger.Checkpoints.PublishedSize));

    public Task<BlockPoint> LatestAsync() => Task.FromResult(new BlockPoint(_head.Height, _head.Id, _head.TimeMs));

    public async Task<BlockView?> BlockAsync(ulong height)
    {
        if (height == 0 || height > _head.Height || await ledger.Blocks.ReadAsync(height, CancellationToken.None) is not { } block)
            return null;
        var header = block.Header;
        var before = height == 1 ? 0 : (await ledger.Blocks.ReadAsync(height - 1, CancellationToken.None))!.Header.LogSize;
        return new BlockView(
            height, header.Id(), header.PreviousId, At(header.TimeMs), NameOf(header), header.Proposer.ToString(), block.Certificate!.Round,
            header.TransactionCount, header.TransactionsRoot, header.StateRoot, header.LogSize, header.LogRoot, header.LogSize - before,
            block.Encode().Length, header.ValidatorsHash,
            [.. block.Transactions.Take(TransactionsShown).Select(bytes =>
                new TransactionView(Hash256.Of(bytes.Span), "anchor_batch", bytes.Length, AnchorBatch.Parse(bytes).Entries.Length))]);
    }

    public Task<BlockView?> BlockByIdAsync(Hash256 id) =>
        ledger.Index.HeightOf(id) is { } height ? BlockAsync(height) : Task.FromResult<BlockView?>(null);

    public async Task<BlockPage> BlocksAsync(BlockQuery query)
    {
        if (query.Page < 1 || query.Limit is < 1 or > 100)
            throw new InvalidRequestException($"A page is 1 or more and a limit 1 to 100; they are {query.Page} and {query.Limit}.");
        var from = Math.Max(1, query.From ?? 1);
        var to = Math.Min(_head.Height, query.To ?? _head.Height);
        if (from > to)
            return new BlockPage([], 0);
        var total = to - from + 1;
        var skip = (ulong)(query.Page - 1) * (ulong)query.Limit;
        if (skip >= total)
            return new BlockPage([], total);
        var count = Math.Min((ulong)query.Limit, total - skip);
        var lowest = query.Ascending ? from + skip : to - skip - count + 1;
        // One more below, since what a block added is the difference to the one before it.
        var indexed = ledger.Index.Blocks(lowest - 1, lowest + count - 1).ToDictionary(block => block.Height);
        var blocks = new List<BlockSummary>();
        for (var height = lowest; height < lowest + count; height++)
        {
            var block = indexed[height];
            var before = indexed.TryGetValue(height - 1, out var previous) ? previous.LogSize : 0;
            blocks.Add(new BlockSummary(
                height, block.Id, At(block.TimeMs), block.Transactions, block.SizeBytes, block.LogSize - before, await ProposerAsync(height)));
        }
        if (!query.Ascending)
            blocks.Reverse();
        return new BlockPage([.. blocks], total);
    }

    public async Task<CertifiedHeader?> HeaderAsync(ulong height)
    {
        var block = height == 0 || height > _head.Height ? null : await ledger.Blocks.ReadAsync(height, CancellationToken.None);
        return block is null ? null : new CertifiedHeader(height, block.Header.Encode(), block.Certificate!.Encode());
    }

    public Task<byte[]> ValidatorsAsync() => Task.FromResult(ledger.Validators.Encode());

    public Task<byte[]> GenesisAsync() => Task.FromResult(ledger.Genesis.Encode());

    private async Task<string> ProposerAsync(ulong height) =>
        NameOf((await ledger.Blocks.ReadAsync(height, CancellationToken.None))!.Header);

    private string NameOf(BlockHeader header) =>
        ledger.Validators.IndexOf(header.Proposer) is >= 0 and var index ? ledger.Validators.Validators[index].Name : "";

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
