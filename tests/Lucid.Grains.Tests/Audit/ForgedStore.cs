using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;

namespace Lucid.Grains.Tests.Audit;

/// <summary>A store in which somebody has tampered with a journal's rows.</summary>
internal sealed class ForgedStore(IGrainStore inner, string journal) : IGrainStore
{
    /// <summary>How many rows are left at most.</summary>
    public int Rows { get; init; } = int.MaxValue;

    /// <summary>The row in whose place the first one stands.</summary>
    public int? Altered { get; set; }

    public Task OpenAsync(CancellationToken cancellation) => inner.OpenAsync(cancellation);
    public ValueTask<StoredGrain> ReadAsync(GrainId grain) => inner.ReadAsync(grain);
    public Task SaveAsync(GrainId grain, long version, byte[] state) => inner.SaveAsync(grain, version, state);
    public Task ClearAsync(GrainId grain, long version) => inner.ClearAsync(grain, version);
    public Task<long> AppendAsync(GrainId grain, long version, string of, byte[] row) => inner.AppendAsync(grain, version, of, row);

    public async ValueTask<long> CountAsync(GrainId grain, string of) =>
        await inner.CountAsync(grain, of) is var count && of == journal ? Math.Min(Rows, count) : count;

    public async ValueTask<IReadOnlyList<byte[]>> ReadRowsAsync(GrainId grain, string of, long from, int count)
    {
        var read = await inner.ReadRowsAsync(grain, of, from, count);
        if (of != journal)
            return read;
        List<byte[]> forged = [.. read.Take((int)Math.Max(0, Rows - from))];
        if (Altered - from is >= 0 and var at && at < forged.Count)
            forged[(int)at] = (await inner.ReadRowsAsync(grain, of, 0, 1))[0];
        return forged;
    }

    public Task SetReminderAsync(StoredReminder reminder) => inner.SetReminderAsync(reminder);
    public Task RemoveReminderAsync(GrainId grain, string name) => inner.RemoveReminderAsync(grain, name);
    public ValueTask<IReadOnlyList<StoredReminder>> ReadRemindersAsync() => inner.ReadRemindersAsync();
    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
