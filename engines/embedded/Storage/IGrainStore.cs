namespace Lucid.Engine.Embedded.Storage;

/// <summary>
/// Where state, journals and reminders are kept. A write is durable when its task ends. State and journals of one grain share a version
/// that each write raises by one, and a write with another version than the stored one fails: this fences off an activation that does not
/// know it has a successor. Writes of one grain take effect in the order of the calls, also when the caller did not wait between them.
/// </summary>
public interface IGrainStore : IAsyncDisposable
{
    /// <summary>Opens or creates the store.</summary>
    /// <exception cref="Lucid.GrainInterfaces.Engine.GrainStoreException">Damaged, or written by a newer program.</exception>
    Task OpenAsync(CancellationToken cancellation);

    /// <summary>Version 0 and no state where nothing was ever written.</summary>
    ValueTask<StoredGrain> ReadAsync(GrainId grain);

    /// <exception cref="Lucid.GrainInterfaces.Engine.StateConflictException">The stored version is another.</exception>
    Task SaveAsync(GrainId grain, long version, byte[] state);

    /// <summary>Deletes state and journals. The version goes on: a stale activation must not meet its own old number again.</summary>
    /// <exception cref="Lucid.GrainInterfaces.Engine.StateConflictException">The stored version is another.</exception>
    Task ClearAsync(GrainId grain, long version);

    /// <summary>Appends a row and returns its position.</summary>
    /// <exception cref="Lucid.GrainInterfaces.Engine.StateConflictException">The stored version is another.</exception>
    Task<long> AppendAsync(GrainId grain, long version, string journal, byte[] row);

    ValueTask<long> CountAsync(GrainId grain, string journal);

    ValueTask<IReadOnlyList<byte[]>> ReadRowsAsync(GrainId grain, string journal, long from, int count);

    Task SetReminderAsync(StoredReminder reminder);

    Task RemoveReminderAsync(GrainId grain, string name);

    ValueTask<IReadOnlyList<StoredReminder>> ReadRemindersAsync();
}

/// <param name="State">JSON, or null where no state is saved.</param>
public readonly record struct StoredGrain(long Version, byte[]? State);

/// <param name="Due">When it is to ring next.</param>
public sealed record StoredReminder(GrainId Grain, string Name, DateTimeOffset Due, TimeSpan Period);
