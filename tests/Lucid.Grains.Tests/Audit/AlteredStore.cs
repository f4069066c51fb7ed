using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;

namespace Lucid.Grains.Tests.Audit;

/// <summary>A store in which somebody has put one row of a journal in another's place.</summary>
internal sealed class AlteredStore(IGrainStore inner, string journal, int altered) : IGrainStore
{
    public bool IsAltered { get; set; }

    public Task OpenAsync(CancellationToken cancellation) => inner.OpenAsync(cancellation);
    public ValueTask<StoredGrain> ReadAsync(GrainId grain) => inner.ReadAsync(grain);
    public Task SaveAsync(GrainId grain, long version, byte[] state) => inner.SaveAsync(grain, version, state);
    public Task ClearAsync(GrainId grain, long version) => inner.ClearAsync(grain, version);
    public Task<long> AppendAsync(GrainId grain, long version, string of, byte[] row) => inner.AppendAsync(grain, version, of, row);

    public ValueTask<long> CountAsync(GrainId grain, string of) => inner.CountAsync(grain, of);

    public async ValueTask<IReadOnlyList<byte[]>> ReadRowsAsync(GrainId grain, string of, long from, int count)
    {
        var read = await inner.ReadRowsAsync(grain, of, from, count);
        return IsAltered && of == journal && altered >= from && altered < from + read.Count
            ? [.. read.Take((int)(altered - from)), (await inner.ReadRowsAsync(grain, of, 0, 1))[0], .. read.Skip((int)(altered - from) + 1)]
            : read;
    }

    public Task SetReminderAsync(StoredReminder reminder) => inner.SetReminderAsync(reminder);
    public Task RemoveReminderAsync(GrainId grain, string name) => inner.RemoveReminderAsync(grain, name);
    public ValueTask<IReadOnlyList<StoredReminder>> ReadRemindersAsync() => inner.ReadRemindersAsync();
    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
