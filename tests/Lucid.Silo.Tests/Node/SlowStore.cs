using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;

namespace Lucid.Silo.Tests.Node;

/// <summary>A store whose writes wait before they begin, as on a disk that does not keep up.</summary>
/// <param name="wait">What each write waits for.</param>
internal sealed class SlowStore(IGrainStore store, Func<GrainId, Task> wait) : IGrainStore
{
    /// <summary>What is appended in place of a row, by journal.</summary>
    public Func<string, byte[], byte[]> Alters { get; init; } = static (_, row) => row;

    public Task OpenAsync(CancellationToken cancellation) => store.OpenAsync(cancellation);

    public ValueTask<StoredGrain> ReadAsync(GrainId grain) => store.ReadAsync(grain);

    public async Task SaveAsync(GrainId grain, long version, byte[] state)
    {
        await wait(grain);
        await store.SaveAsync(grain, version, state);
    }

    public async Task ClearAsync(GrainId grain, long version)
    {
        await wait(grain);
        await store.ClearAsync(grain, version);
    }

    public async Task<long> AppendAsync(GrainId grain, long version, string journal, byte[] row)
    {
        await wait(grain);
        return await store.AppendAsync(grain, version, journal, Alters(journal, row));
    }

    public ValueTask<long> CountAsync(GrainId grain, string journal) => store.CountAsync(grain, journal);

    public ValueTask<IReadOnlyList<byte[]>> ReadRowsAsync(GrainId grain, string journal, long from, int count) =>
        store.ReadRowsAsync(grain, journal, from, count);

    public async Task SetReminderAsync(StoredReminder reminder)
    {
        await wait(reminder.Grain);
        await store.SetReminderAsync(reminder);
    }

    public async Task RemoveReminderAsync(GrainId grain, string name)
    {
        await wait(grain);
        await store.RemoveReminderAsync(grain, name);
    }

    public ValueTask<IReadOnlyList<StoredReminder>> ReadRemindersAsync() => store.ReadRemindersAsync();

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
