using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;

namespace Lucid.Grains.Chain;

/// <summary>
/// Entries that wait for a block, in memory: first come, first served, each once, whether this node signs it or its recorder has. Shared by the
/// grains of one node, so it locks; what it holds is bounded, and lost with the process, which is why whoever submits keeps submitting.
/// </summary>
/// <param name="limit">Entries at most: 1 to 1,000,000, default 200,000.</param>
public sealed class EntryPool(int limit = 200_000)
{
    private readonly int _limit = limit is >= 1 and <= 1_000_000
        ? limit : throw new ArgumentOutOfRangeException(nameof(limit), limit, "Choose 1 to 1,000,000 entries.");
    private readonly Lock _gate = new();
    private readonly Dictionary<EntryKey, LinkedListNode<WaitingEntry>> _byKey = [];
    private readonly LinkedList<WaitingEntry> _waiting = [];

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

    /// <summary>Adds an entry; the same one again changes nothing, however it is handed in.</summary>
    /// <exception cref="EntryConflictException">Another entry of that key waits.</exception>
    /// <exception cref="LogBusyException">The limit is reached.</exception>
    public void Add(WaitingEntry waiting)
    {
        var entry = waiting.Entry;
        var key = KeyOf(entry);
        lock (_gate)
        {
            if (_byKey.TryGetValue(key, out var there))
            {
                if (!there.Value.Entry.Bytes.Span.SequenceEqual(entry.Bytes.Span))
                    throw new EntryConflictException($"Another {entry.Kind} of session {entry.Session} waits for a block already.");
                return;
            }
            if (_waiting.Count >= _limit)
                throw new LogBusyException($"{_limit} entries wait for a block, which is the most; submit again after the next one.");
            _byKey[key] = _waiting.AddLast(waiting);
        }
    }

    /// <summary>The first entries in line, which stay there until they are in a block.</summary>
    public IReadOnlyList<WaitingEntry> First(int count)
    {
        lock (_gate)
            return [.. _waiting.Take(count)];
    }

    /// <summary>
    /// Takes entries out because a final block has them, and answers which of them had been handed in as signed transactions. Those that did
    /// not wait here are no error.
    /// </summary>
    public IReadOnlySet<EntryKey> Remove(IEnumerable<LedgerEntry> committed)
    {
        var signed = new HashSet<EntryKey>();
        lock (_gate)
        {
            foreach (var entry in committed)
            {
                var key = KeyOf(entry);
                if (!_byKey.Remove(key, out var node))
                    continue;
                _waiting.Remove(node);
                if (node.Value.Signed is not null)
                    signed.Add(key);
            }
        }
        return signed;
    }

    /// <summary>Whether an entry of that key waits.</summary>
    public bool Has(EntryKey key)
    {
        lock (_gate)
            return _byKey.ContainsKey(key);
    }
}

/// <param name="Signed">The transaction of that entry alone, verified, as its recorder signed it; null where this node signs.</param>
public readonly record struct WaitingEntry(LedgerEntry Entry, AnchorBatch? Signed = null);
