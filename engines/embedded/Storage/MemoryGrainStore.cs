using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>
/// A store for tests and simulations. What was written stays when an engine closes it, as a disk would: hand the same store to the next
/// engine to restart, or to two at once to see them fence each other.
/// </summary>
public sealed class MemoryGrainStore : IGrainStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<GrainId, Entry> _grains = [];
    private readonly Dictionary<(GrainId, string), StoredReminder> _reminders = [];

    /// <summary>Called before each write with the grain's id; what it throws is the failure of that write. For tests of failing disks.</summary>
    public Action<GrainId>? BeforeWrite { get; set; }

    public Task OpenAsync(CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public ValueTask<StoredGrain> ReadAsync(GrainId grain)
    {
        lock (_gate)
            return new(_grains.TryGetValue(grain, out var entry) ? new StoredGrain(entry.Version, entry.State) : default);
    }

    public Task SaveAsync(GrainId grain, long version, byte[] state) => WriteAsync(grain, version, entry =>
    {
        entry.State = state;
        return 0;
    });

    public Task ClearAsync(GrainId grain, long version) => WriteAsync(grain, version, entry =>
    {
        entry.State = null;
        entry.Journals.Clear();
        return 0;
    });

    public Task<long> AppendAsync(GrainId grain, long version, string journal, byte[] row) => WriteAsync(grain, version, entry =>
    {
        if (!entry.Journals.TryGetValue(journal, out var rows))
            entry.Journals[journal] = rows = [];
        rows.Add(row);
        return rows.Count - 1;
    });

    public ValueTask<long> CountAsync(GrainId grain, string journal)
    {
        lock (_gate)
            return new(Rows(grain, journal).Count);
    }

    public ValueTask<IReadOnlyList<byte[]>> ReadRowsAsync(GrainId grain, string journal, long from, int count)
    {
        lock (_gate)
        {
            var rows = Rows(grain, journal);
            return new(from >= rows.Count ? [] : rows.GetRange((int)from, (int)Math.Min(count, rows.Count - from)));
        }
    }

    public Task SetReminderAsync(StoredReminder reminder)
    {
        BeforeWrite?.Invoke(reminder.Grain);
        lock (_gate)
            _reminders[(reminder.Grain, reminder.Name)] = reminder;
        return Task.CompletedTask;
    }

    public Task RemoveReminderAsync(GrainId grain, string name)
    {
        BeforeWrite?.Invoke(grain);
        lock (_gate)
            _reminders.Remove((grain, name));
        return Task.CompletedTask;
    }

    public ValueTask<IReadOnlyList<StoredReminder>> ReadRemindersAsync()
    {
        lock (_gate)
            return new(_reminders.Values.ToList());
    }

    private List<byte[]> Rows(GrainId grain, string journal) =>
        _grains.TryGetValue(grain, out var entry) && entry.Journals.TryGetValue(journal, out var rows) ? rows : [];

    // The write happens at once, in the order of the calls, and its answer comes later: what a grain does between the two has to be
    // seen in tests, since a real disk takes its time as well.
    private async Task<long> WriteAsync(GrainId grain, long version, Func<Entry, long> write)
    {
        long result;
        BeforeWrite?.Invoke(grain);
        lock (_gate)
        {
            if (!_grains.TryGetValue(grain, out var entry))
                _grains[grain] = entry = new Entry();
            if (entry.Version != version)
                throw new StateConflictException(grain.ToString(), version);
            result = write(entry);
            entry.Version++;
        }
        await Task.Yield();
        return result;
    }

    private sealed class Entry
    {
        public long Version;
        public byte[]? State;
        public readonly Dictionary<string, List<byte[]>> Journals = new(StringComparer.Ordinal);
    }
}
