using System.Collections.Concurrent;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Cluster.Storage;

/// <summary>States and journals in memory, shared by the silos of one process: for test clusters that need no database.</summary>
internal sealed class MemoryClusterStore : IClusterStore
{
    private readonly ConcurrentDictionary<StoredId, Grain> _grains = [];

    public Task<StoredState> ReadAsync(StoredId id) => Task.FromResult(In(id, grain => new StoredState(grain.Json, grain.Version)));

    public Task SaveAsync(StoredId id, long expected, byte[] json) => WriteAsync(id, expected, grain => grain.Json = json);

    public Task ClearAsync(StoredId id, long expected) => WriteAsync(id, expected, grain =>
    {
        grain.Json = null;
        grain.Journals.Clear();
        return true;
    });

    public Task<long> AppendAsync(StoredId id, long expected, string journal, byte[] row) => WriteAsync(id, expected, grain =>
    {
        var rows = grain.Rows(journal);
        rows.Add(row);
        return rows.Count - 1L;
    });

    public Task<long> CountAsync(StoredId id, string journal) => Task.FromResult(In(id, grain => (long)grain.Rows(journal).Count));

    public Task<IReadOnlyList<byte[]>> ReadRowsAsync(StoredId id, string journal, long from, int count) =>
        Task.FromResult(In(id, grain => (IReadOnlyList<byte[]>)[.. grain.Rows(journal).Skip((int)Math.Min(from, int.MaxValue)).Take(count)]));

    private Task<T> WriteAsync<T>(StoredId id, long expected, Func<Grain, T> write) => Task.FromResult(In(id, grain =>
    {
        if (grain.Version != expected)
            throw new StateConflictException(id.ToString(), expected);
        grain.Version++;
        return write(grain);
    }));

    private T In<T>(StoredId id, Func<Grain, T> use)
    {
        var grain = _grains.GetOrAdd(id, static _ => new Grain());
        lock (grain)
            return use(grain);
    }

    private sealed class Grain
    {
        public Dictionary<string, List<byte[]>> Journals { get; } = new(StringComparer.Ordinal);
        public byte[]? Json { get; set; }
        public long Version { get; set; }

        public List<byte[]> Rows(string journal) => Journals.TryGetValue(journal, out var rows) ? rows : Journals[journal] = [];
    }
}
