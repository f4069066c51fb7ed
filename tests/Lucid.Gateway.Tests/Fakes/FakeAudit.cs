using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Audit;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>An audit log in memory, with real records and proofs; <see cref="Anchor"/> brings its root into the ledger.</summary>
internal sealed class FakeAudit(FakeLedger ledger) : IAuditGrain
{
    private readonly Lock _gate = new();
    private readonly List<byte[]> _records = [];
    private AuditRoot? _root;

    public Exception? Failure { get; set; }

    /// <summary>Told of each event once it is kept.</summary>
    public Action<AuditEvent> OnKept { get; set; } = _ => { };

    public IReadOnlyList<AuditEvent> Events
    {
        get
        {
            lock (_gate)
                return [.. _records.Select(record => AuditRecord.Parse(record).Event)];
        }
    }

    public Task<long> AppendAsync(AuditBatch batch)
    {
        if (Failure is { } failure)
            return Task.FromException<long>(failure);
        lock (_gate)
        {
            var first = _records.Count;
            foreach (var one in batch.Events)
            {
                _records.Add(new AuditRecord(ledger.Network, _records.Count, _records.Count == 0 ? Hash256.Zero : Hash256.Of(_records[^1]), one).Encode());
                OnKept(one);
            }
            return Task.FromResult((long)first);
        }
    }

    public Task<AuditPage> ReadAsync(long from, int count)
    {
        lock (_gate)
            return Task.FromResult(new AuditPage([.. _records.Skip((int)from).Take(count)], _records.Count));
    }

    public Task<AuditHead> HeadAsync()
    {
        lock (_gate)
            return Task.FromResult(new AuditHead(_records.Count, _root?.Encode(), (long)(_root?.Size ?? 0), _root is null ? null : 0, null));
    }

    public Task<AuditProof?> ProveAsync(long index, long size)
    {
        lock (_gate)
        {
            return Task.FromResult(index < size && size <= _records.Count
                ? new AuditProof(index, size, new MerkleTree(_records.Take((int)size).Select(record => AuditRecord.LeafHash(record))).ProveInclusion((ulong)index))
                : null);
        }
    }

    /// <summary>The root over all there is, as the first of the ledger's.</summary>
    public AuditRoot Anchor()
    {
        lock (_gate)
        {
            _root = new AuditRoot(
                FakeLedger.Key(1).PublicKey, 1, 0, Hash256.Zero, (ulong)_records.Count, new MerkleTree(_records.Select(record => AuditRecord.LeafHash(record))).Root(), 1_700_000_000_000);
        }
        ledger.Append(_root.Encode());
        return _root;
    }
}
