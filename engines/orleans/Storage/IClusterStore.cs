using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Cluster.Storage;

/// <summary>A grain as storage knows it.</summary>
/// <param name="Type">Its [GrainType].</param>
internal readonly record struct StoredId(string Type, string Key)
{
    public override string ToString() => $"{Type}/{Key}";
}

/// <param name="Json">Null where nothing was saved, or all was cleared.</param>
/// <param name="Version">0 where nothing was ever written.</param>
internal readonly record struct StoredState(byte[]? Json, long Version);

/// <summary>
/// Where grains' states and journals are. Each write expects a version and leaves the next one behind, so that of two activations of one
/// grain only one can write: the other one's first write is refused, whatever it thinks.
/// </summary>
internal interface IClusterStore
{
    Task<StoredState> ReadAsync(StoredId id);

    /// <exception cref="StateConflictException">The version is another one; nothing was written. So with all writes.</exception>
    Task SaveAsync(StoredId id, long expected, byte[] json);

    /// <summary>Deletes state and journals; the version goes on.</summary>
    Task ClearAsync(StoredId id, long expected);

    /// <returns>The row's position.</returns>
    Task<long> AppendAsync(StoredId id, long expected, string journal, byte[] row);

    Task<long> CountAsync(StoredId id, string journal);

    Task<IReadOnlyList<byte[]>> ReadRowsAsync(StoredId id, string journal, long from, int count);
}
