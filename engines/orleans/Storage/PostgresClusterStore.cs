using System.Globalization;
using Lucid.GrainInterfaces.Engine;
using Npgsql;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Lucid.Engine.Cluster.Storage;

/// <summary>
/// States through Orleans' AdoNet provider, journals as rows beside them: an append raises the version of the state's row in the same
/// statement, so that the one fence holds for both.
/// </summary>
/// <param name="states">The provider; its ETag is the version.</param>
/// <param name="service">Orleans' ServiceId, which all rows carry.</param>
internal sealed class PostgresClusterStore(IGrainStorage states, NpgsqlDataSource database, string service) : IClusterStore, IDisposable
{
    private const string RowOfState = "ServiceId = @service AND GrainTypeString = @type AND GrainIdExtensionString = @state_key AND Version = @expected";
    private const string RowsOfJournal = "service_id = @service AND grain_type = @type AND grain_key = @key AND journal = @journal";

    public async Task<StoredState> ReadAsync(StoredId id)
    {
        var state = new GrainState<StateJson>();
        await GuardAsync(id, async () =>
        {
            await states.ReadStateAsync(id.Type, StorageId(id), state);
            return true;
        });
        var json = state.State?.Bytes;
        return new StoredState(json is { Length: > 0 } ? json : null, VersionOf(state.ETag));
    }

    public Task SaveAsync(StoredId id, long expected, byte[] json) => GuardAsync(id, async () =>
    {
        var state = new GrainState<StateJson>(new StateJson(json), expected == 0 ? null : expected.ToString(CultureInfo.InvariantCulture)) { RecordExists = expected > 0 };
        try
        {
            await states.WriteStateAsync(id.Type, StorageId(id), state);
            return true;
        }
        catch (InconsistentStateException)
        {
            throw new StateConflictException(id.ToString(), expected);
        }
    });

    public async Task ClearAsync(StoredId id, long expected)
    {
        // What was never written has nothing to clear, but its version has to go on like any other's.
        if (expected == 0)
        {
            await SaveAsync(id, expected, []);
            return;
        }
        await WriteAsync(id, expected,
            $"""
            WITH fence AS (UPDATE OrleansStorage SET PayloadBinary = NULL, Version = Version + 1, ModifiedOn = now() WHERE {RowOfState} RETURNING 1),
            gone AS (DELETE FROM lucid_journal WHERE service_id = @service AND grain_type = @type AND grain_key = @key AND EXISTS (SELECT 1 FROM fence))
            SELECT 1::bigint FROM fence
            """);
    }

    public async Task<long> AppendAsync(StoredId id, long expected, string journal, byte[] row)
    {
        // The version stands in the state's row, which the first write makes. Dying in between leaves a row that says nothing.
        if (expected == 0)
            await SaveAsync(id, expected, []);
        var fence = expected == 0
            ? $"SELECT 1 FROM OrleansStorage WHERE {RowOfState} FOR UPDATE"
            : $"UPDATE OrleansStorage SET Version = Version + 1, ModifiedOn = now() WHERE {RowOfState} RETURNING 1";
        return await WriteAsync(id, Math.Max(expected, 1),
            $"""
            WITH fence AS ({fence})
            INSERT INTO lucid_journal(service_id, grain_type, grain_key, journal, position, row)
            SELECT @service, @type, @key, @journal, (SELECT coalesce(max(position) + 1, 0) FROM lucid_journal WHERE {RowsOfJournal}), @row FROM fence
            RETURNING position
            """,
            new("journal", journal), new("row", row));
    }

    public Task<long> CountAsync(StoredId id, string journal) => GuardAsync(id, async () =>
    {
        await using var command = Command(id, $"SELECT coalesce(max(position) + 1, 0) FROM lucid_journal WHERE {RowsOfJournal}", [new("journal", journal)]);
        return (long)(await command.ExecuteScalarAsync())!;
    });

    public Task<IReadOnlyList<byte[]>> ReadRowsAsync(StoredId id, string journal, long from, int count) => GuardAsync(id, async () =>
    {
        await using var command = Command(
            id, $"SELECT row FROM lucid_journal WHERE {RowsOfJournal} AND position >= @from ORDER BY position LIMIT @count",
            [new("journal", journal), new("from", from), new("count", count)]);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<byte[]>();
        while (await reader.ReadAsync())
            rows.Add(reader.GetFieldValue<byte[]>(0));
        return (IReadOnlyList<byte[]>)rows;
    });

    public void Dispose() => database.Dispose();

    private Task<long> WriteAsync(StoredId id, long expected, string sql, params NpgsqlParameter[] parameters) => GuardAsync(id, async () =>
    {
        await using var command = Command(id, sql, [.. parameters, new("state_key", StateKey(id)), new("expected", (int)expected)]);
        return await command.ExecuteScalarAsync() is long answer ? answer : throw new StateConflictException(id.ToString(), expected);
    });

    private NpgsqlCommand Command(StoredId id, string sql, NpgsqlParameter[] parameters)
    {
        var command = database.CreateCommand(sql);
        foreach (var parameter in (NpgsqlParameter[])[new("service", service), new("type", id.Type), new("key", id.Key), .. parameters])
            command.Parameters.Add(parameter);
        return command;
    }

    private static Task<T> GuardAsync<T>(StoredId id, Func<Task<T>> use) => DatabaseGuard.RunAsync($"what {id} needs of it", use);

    private static long VersionOf(string? tag) => tag is null ? 0 : long.Parse(tag, CultureInfo.InvariantCulture);

    // The provider takes a key of hexadecimal digits for a number, so that "a", "A" and "0a" would be one grain; none of ours begins so.
    private static string StateKey(StoredId id) => $"={id.Key}";

    private static GrainId StorageId(StoredId id) => GrainId.Create(id.Type, StateKey(id));
}
