using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;

namespace Lucid.Grains.Tests.Audit;

/// <summary>A store that has lost the end of a journal.</summary>
internal sealed class ShortenedStore(IGrainStore inner, string journal, int rows) : IGrainStore
{
    public Task OpenAsync(CancellationToken cancellation) => inner.OpenAsync(cancellation);
    public ValueTask<StoredGrain> ReadAsync(GrainId grain) => inner.ReadAsync(grain);
    public Task SaveAsync(GrainId grain, long version, byte[] state) => inner.SaveAsync(grain, version, state);
    public Task ClearAsync(GrainId grain, long version) => inner.ClearAsync(grain, version);
    public Task<long> AppendAsync(GrainId grain, long version, string of, byte[] row) => inner.AppendAsync(grain, version, of, row);

    public async ValueTask<long> CountAsync(GrainId grain, string of) => of == journal ? Math.Min(rows, await inner.CountAsync(grain, of)) : await inner.CountAsync(grain, of);

    public async ValueTask<IReadOnlyList<byte[]>> ReadRowsAsync(GrainId grain, string of, long from, int count)
    {
        var read = await inner.ReadRowsAsync(grain, of, from, count);
        return of == journal ? [.. read.Take((int)Math.Max(0, rows - from))] : read;
    }

    public Task SetReminderAsync(StoredReminder reminder) => inner.SetReminderAsync(reminder);
    public Task RemoveReminderAsync(GrainId grain, string name) => inner.RemoveReminderAsync(grain, name);
    public ValueTask<IReadOnlyList<StoredReminder>> ReadRemindersAsync() => inner.ReadRemindersAsync();
    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
