using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;

namespace Lucid.Grains.Chain;

/// <summary>
/// Entries that wait for a block, in memory: first come, first served, each once. Shared by the grains of one node, so it locks; what it holds
/// is bounded, and lost with the process, which is why whoever submits keeps submitting.
/// </summary>
/// <param name="limit">Entries at most: 1 to 1,000,000, default 200,000.</param>
public sealed class EntryPool(int limit = 200_000)
{
    private readonly int _limit = limit is >= 1 and <= 1_000_000
        ? limit : throw new ArgumentOutOfRangeException(nameof(limit), limit, "Choose 1 to 1,000,000 entries.");
    private readonly Lock _gate = new();
    private readonly Dictionary<EntryKey, LinkedListNode<LedgerEntry>> _byKey = [];
    private readonly LinkedList<LedgerEntry> _waiting = [];

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    public static EntryKey KeyOf(LedgerEntry entry) => new(entry.Session, entry.Recorder, entry.Kind);

    /// <summary>Adds an entry; the same one again changes nothing.</summary>
    /// <exception cref="EntryConflictException">Another entry of that key waits.</exception>
    /// <exception cref="LogBusyException">The limit is reached.</exception>
    public void Add(LedgerEntry entry)
    {
        var key = KeyOf(entry);
        lock (_gate)
        {
            if (_byKey.TryGetValue(key, out var there))
            {
                if (!there.Value.Bytes.Span.SequenceEqual(entry.Bytes.Span))
                    throw new EntryConflictException($"Another {entry.Kind} of session {entry.Session} waits for a block already.");
                return;
            }
            if (_waiting.Count >= _limit)
                throw new LogBusyException($"{_limit} entries wait for a block, which is the most; submit again after the next one.");
            _byKey[key] = _waiting.AddLast(entry);
        }
    }

    /// <summary>The first entries in line, which stay there until they are in a block.</summary>
    public IReadOnlyList<LedgerEntry> First(int count)
    {
        lock (_gate)
            return [.. _waiting.Take(count)];
    }

    /// <summary>Takes entries out because a final block has them. Those that did not wait here are no error.</summary>
    public void Remove(IEnumerable<LedgerEntry> committed)
    {
        lock (_gate)
        {
            foreach (var entry in committed)
            {
                if (_byKey.Remove(KeyOf(entry), out var node))
                    _waiting.Remove(node);
            }
        }
    }

    /// <summary>Whether an entry of that key waits.</summary>
    public bool Has(EntryKey key)
    {
        lock (_gate)
            return _byKey.ContainsKey(key);
    }
}
