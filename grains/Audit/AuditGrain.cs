using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Audit;

/// <summary>
/// The audit log: records in one journal, the roots of full tiles in another, which can be made again from the first. Roots go to the log of
/// the ledger's node one at a time: the next is made when that node has published the one before.
/// </summary>
public class AuditGrain(IActivation<AuditState> self) : IAuditGrain, IActivated, IHandles<BlockCommitted>, IReminded
{
    private const string Watch = "anchor";
    private const int RowsAtOnce = 1_000;
    private static readonly TimeSpan _watchPeriod = TimeSpan.FromMinutes(1);

    private readonly IJournal<AuditRow> _records = self.Journal<AuditRow>("records");
    private readonly IJournal<AuditTile> _tiles = self.Journal<AuditTile>("tiles");

    // Owned by this activation and rebuilt by the next one.
    private AuditTree _tree = new();
    private Hash256 _last = Hash256.Zero;
    private string? _damage;
    private string? _waiting;

    private AuditRoot? Anchored => self.State.Anchored is { } bytes ? (AuditRoot)LogEntry.Parse(bytes) : null;

    public async Task ActivatedAsync(CancellationToken cancellation)
    {
        _tree = new AuditTree();
        while (await _tiles.ReadAsync(_tree.Tiles, RowsAtOnce) is { Count: > 0 } tiles)
        {
            foreach (var tile in tiles)
                _tree.AppendTile(tile.Root);
        }
        // The last record of all full tiles too, whose hash the next one names.
        if (_tree.Tiles > 0 && await _records.ReadAsync(_tree.Size - 1, 1) is [var last])
            _last = Hash256.Of(last.Record);
        while (await _records.ReadAsync(_tree.Size, RowsAtOnce) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
                await CountAsync(row.Record);
        }
        _damage = await FindDamageAsync();
    }

    public async Task<long> AppendAsync(AuditBatch batch)
    {
        if (batch.Events.IsDefaultOrEmpty || batch.Events.Length > AuditBatch.MaxEvents)
            throw new InvalidRequestException($"A batch has 1 to {AuditBatch.MaxEvents} events.");
        if (_damage is not null)
            throw new AuditUnavailableException(_damage);
        var network = self.State.Network ?? await RememberNetworkAsync();
        var first = _tree.Size;
        // All are tried before one is appended: a batch is refused whole.
        var records = Encode(network, batch.Events);
        // Begun together, they share what it costs to make one durable.
        await Task.WhenAll([.. records.Select(record => _records.AppendAsync(new AuditRow(record)))]);
        foreach (var record in records)
            await CountAsync(record);
        return first;
    }

    public async Task<AuditPage> ReadAsync(long from, int count)
    {
        if (from < 0 || count is < 1 or > AuditPage.MaxRecords)
            throw new InvalidRequestException($"Records are read from 0 on, 1 to {AuditPage.MaxRecords} at once; these are {count} from {from}.");
        // Whole tiles, since what is in memory of them are their roots.
        var first = from / AuditTile.Records * AuditTile.Records;
        var end = Math.Min(from + count, _tree.Size);
        var rows = first < end ? await _records.ReadAsync(first, (int)(end - first + AuditTile.Records - 1) / AuditTile.Records * AuditTile.Records) : [];
        for (var at = 0; first + at < end; at += AuditTile.Records)
        {
            if (!_tree.Has(first + at, [.. rows.Skip(at).Take(AuditTile.Records).Select(row => AuditRecord.LeafHash(row.Record))]))
            {
                _damage = $"Records from {first + at} to {first + at + AuditTile.Records - 1} of the audit log are not what was appended. Restore the node's store from a backup that has them.";
                throw new AuditUnavailableException(_damage);
            }
        }
        return new AuditPage([.. rows.Skip((int)(from - first)).Take(count).Select(row => row.Record)], _tree.Size);
    }

    public Task<AuditHead> HeadAsync() => Task.FromResult(
        new AuditHead(_tree.Size, self.State.Anchored, (long)(Anchored?.Size ?? 0), self.State.LogIndex, _damage ?? _waiting));

    public async Task<AuditProof?> ProveAsync(long index, long size)
    {
        if (index < 0 || index >= size || size > _tree.Size || _damage is not null)
            return null;
        return new AuditProof(index, size, _tree.Prove(index, size, await LeavesAsync(index, size)));
    }

    public Task HandleAsync(BlockCommitted item) => AnchorAsync();

    public Task RemindedAsync(string name) => AnchorAsync();

    private List<byte[]> Encode(Hash256 network, ImmutableArray<AuditEvent> events)
    {
        var records = new List<byte[]>();
        var (index, previous) = (_tree.Size, _last);
        try
        {
            foreach (var one in events)
            {
                var record = new AuditRecord(network, index++, previous, one).Encode();
                previous = Hash256.Of(record);
                records.Add(record);
            }
        }
        catch (Exception unfit) when (unfit is MalformedException or ArgumentException)
        {
            throw new InvalidRequestException($"No audit record can hold that event: {unfit.Message}.");
        }
        return records;
    }

    private async Task CountAsync(byte[] record)
    {
        _last = Hash256.Of(record);
        if (_tree.Append(AuditRecord.LeafHash(record)) is { } tile)
            await _tiles.AppendAsync(new AuditTile(tile));
    }

    /// <summary>Asked once: the genesis is there before the first block is.</summary>
    private async Task<Hash256> RememberNetworkAsync()
    {
        Hash256 network;
        try
        {
            network = Genesis.Parse(await self.Grains.Get<IChainGrain>(self.Key).GenesisAsync()).Network;
        }
        catch (EngineException away)
        {
            throw new AuditUnavailableException($"The audit log has no record yet, and the ledger of node {self.Key} cannot be asked for its network: {away.Message}");
        }
        await self.RemindAsync(Watch, _watchPeriod, _watchPeriod);
        await self.SaveAsync(self.State with { Network = network });
        return network;
    }

    /// <summary>
    /// Brings the log as it stands into the ledger, or asks whether what was brought is there. Failing is no error here: the next block or
    /// the reminder tries again, and <see cref="HeadAsync"/> says what it waits for.
    /// </summary>
    private async Task AnchorAsync()
    {
        if (_damage is not null || (self.State.Pending is null && (ulong)_tree.Size == (Anchored?.Size ?? 0)))
            return;
        try
        {
            if (self.State.Pending is null)
            {
                // First, since it may save the state itself.
                var next = await NextRootAsync();
                await self.SaveAsync(self.State with { Pending = next.Encode() });
            }
            var log = self.Grains.Get<ILogGrain>(self.Key);
            // Submitting again is how one asks: the log forgets what waits when its node dies, and answers what it has committed.
            var status = await log.SubmitAsync(self.State.Pending!);
            _waiting = null;
            if (status.State == EntryState.Published)
                await self.SaveAsync(self.State with { Anchored = self.State.Pending, LogIndex = status.Index, Pending = null });
        }
        catch (Exception refused) when (refused is EntryConflictException or InvalidRequestException)
        {
            // From here on nothing would ever be anchored, and what is not can be taken out unseen: so nothing more is taken, nor done.
            _damage = $"The ledger has another history of this audit log ({refused.Message}) Records were lost or replaced: restore the node's store from a backup that has them.";
            await self.SaveAsync(self.State with { Conflict = _damage });
        }
        catch (Exception unanswered) when (unanswered is LedgerUnavailableException or LogBusyException or LedgerDamagedException or EngineException and not StateConflictException)
        {
            _waiting = $"The ledger of node {self.Key} takes no root now: {unanswered.Message}";
        }
    }

    private async Task<AuditRoot> NextRootAsync()
    {
        var recorder = self.State.Recorder;
        if (recorder is null)
        {
            var node = await self.Grains.Get<IChainGrain>(self.Key).InfoAsync();
            recorder = new Ed25519PublicKey(Convert.FromHexString(node.NodeId));
            await self.SaveAsync(self.State with { Recorder = recorder });
        }
        var before = Anchored;
        return new AuditRoot(
            recorder, (before?.Number ?? 0) + 1, before?.Size ?? 0, before?.Root ?? Hash256.Zero, (ulong)_tree.Size, _tree.Root(_tree.Size),
            self.Clock.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>What the ledger knows of the log, or may know, has to be in it.</summary>
    private async Task<string?> FindDamageAsync()
    {
        if (self.State.Conflict is { } conflict)
            return conflict;
        if (await _records.CountAsync() != _tree.Size)
            return $"The audit log has {await _records.CountAsync()} records, and what was made of them is over {_tree.Size}. Restore the node's store from a backup that has them.";
        foreach (var bytes in (byte[]?[])[self.State.Pending, self.State.Anchored])
        {
            if (bytes is null)
                continue;
            var root = (AuditRoot)LogEntry.Parse(bytes);
            if ((ulong)_tree.Size < root.Size || _tree.Root((long)root.Size, await LeavesAsync((long)root.Size - 1, (long)root.Size)) != root.Root)
                return $"The audit log is not the one whose root {root.Number} over {root.Size} records was stated; {_tree.Size} are here. Restore the node's store from a backup that has them.";
        }
        return null;
    }

    private async Task<ImmutableDictionary<long, ImmutableArray<Hash256>>> LeavesAsync(long index, long size)
    {
        var leaves = ImmutableDictionary.CreateBuilder<long, ImmutableArray<Hash256>>();
        foreach (var tile in _tree.Needs(index, size))
        {
            var rows = await _records.ReadAsync(tile * AuditTile.Records, AuditTile.Records);
            leaves[tile] = [.. rows.Select(row => AuditRecord.LeafHash(row.Record))];
        }
        return leaves.ToImmutable();
    }
}
