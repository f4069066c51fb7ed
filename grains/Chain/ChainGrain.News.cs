using System.Collections.Immutable;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;

namespace Lucid.Grains.Chain;

/// <summary>
/// What the chain says of its own accord. A block may bring 100,000 entries: telling all their sessions before the next height begins would
/// stretch the block interval, so they are told a slice at a time between whatever else the grain has to do.
/// </summary>
public partial class ChainGrain
{
    private const int NewsInSlice = 256;

    // Beyond that many nobody is told: a session that heard nothing looks for itself.
    private const int MaxNews = 200_000;

    private static readonly TimeSpan _betweenSlices = TimeSpan.FromMilliseconds(5);

    // Owned by this activation.
    private readonly Queue<Func<Task>> _news = new();
    private IDisposable? _telling;

    /// <param name="handedIn">Entries of other recorders that were handed in to this node.</param>
    private void Tell(ImmutableArray<LedgerEntry> entries, ulong firstIndex, IReadOnlySet<EntryKey> handedIn)
    {
        var block = new BlockCommitted(_head.Height, _head.Id, _head.TimeMs, _head.LogSize);
        _news.Enqueue(() => self.PublishAsync(self.Key, block));
        for (var i = 0; i < entries.Length && _news.Count < MaxNews; i++)
        {
            var entry = entries[i];
            // No session is about it; the log that it is of hears of the block.
            if (entry.Kind == LedgerEntryKind.AuditRoot)
                continue;
            // A stranger's sessions live in another cluster, and are told there.
            if (!entry.Recorder.Equals(ledger.Keys.Identity.PublicKey) && !handedIn.Contains(EntryPool.KeyOf(entry)))
                continue;
            var committed = new LogEntryCommitted(entry.Session, block.Height, firstIndex + (ulong)i, entry.Kind);
            _news.Enqueue(() => self.PublishAsync(committed.Session.ToString("D"), committed));
        }
        _telling ??= self.Every(TimeSpan.Zero, _betweenSlices, _ => TellSliceAsync());
    }

    private async Task TellSliceAsync()
    {
        // Taken out first: should telling fail, the engine logs it, and the rest follows with the next slice.
        for (var told = 0; told < NewsInSlice && _news.TryDequeue(out var tell); told++)
            await tell();
        if (_news.Count > 0)
            return;
        _telling?.Dispose();
        _telling = null;
    }
}
