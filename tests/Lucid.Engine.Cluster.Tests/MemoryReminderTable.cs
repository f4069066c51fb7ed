using System.Collections.Concurrent;
using Orleans;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster.Tests;

/// <summary>Reminders in memory that outlive the cluster which set them, as a database's do.</summary>
internal sealed class MemoryReminderTable : IReminderTable
{
    private readonly ConcurrentDictionary<(GrainId, string), ReminderEntry> _rows = new();
    private long _tags;

    public Task<ReminderTableData> ReadRows(GrainId grainId) => Found(row => row.GrainId == grainId);

    // The ring goes round: from begin to its end and on to end.
    public Task<ReminderTableData> ReadRows(uint begin, uint end) => Found(row =>
        row.GrainId.GetUniformHashCode() is var at && (begin < end ? at > begin && at <= end : at > begin || at <= end));

    public Task<ReminderEntry> ReadRow(GrainId grainId, string reminderName) =>
        Task.FromResult(_rows.GetValueOrDefault((grainId, reminderName))!);

    public Task<string> UpsertRow(ReminderEntry entry)
    {
        entry.ETag = $"{Interlocked.Increment(ref _tags)}";
        _rows[(entry.GrainId, entry.ReminderName)] = entry;
        return Task.FromResult(entry.ETag);
    }

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) =>
        Task.FromResult(_rows.TryGetValue((grainId, reminderName), out var row) && row.ETag == eTag && _rows.TryRemove((grainId, reminderName), out _));

    public Task TestOnlyClearTable()
    {
        _rows.Clear();
        return Task.CompletedTask;
    }

    private Task<ReminderTableData> Found(Func<ReminderEntry, bool> wanted) => Task.FromResult(new ReminderTableData(_rows.Values.Where(wanted)));
}
