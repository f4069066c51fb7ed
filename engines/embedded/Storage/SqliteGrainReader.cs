using System.Globalization;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>The rows of a grain store as they lie in its file, for whoever judges them. For one thread at a time.</summary>
public sealed class SqliteGrainReader(SqliteSnapshot snapshot)
{
    /// <summary>What is wrong between the tables, whatever the rows say, in one sentence each.</summary>
    public IEnumerable<string> Faults()
    {
        // Schema 1 had none; a start adds them.
        var sums = false;
        foreach (var schema in snapshot.Query("SELECT version FROM schema", row => row.GetInt32(0)))
        {
            if (schema is < 1 or > SqliteSchema.Newest)
                yield return $"the schema is {schema.ToString(CultureInfo.InvariantCulture)}, this Lucid knows {SqliteSchema.Newest}";
            else if (schema == SqliteSchema.Newest)
                sums = true;
        }
        foreach (var altered in sums ? Altered() : [])
            yield return altered;
        var holes = snapshot.Query(
            """
            SELECT grain.name, grain.key, journal.name, count(*), min(position), max(position) FROM journal LEFT JOIN grain ON grain.id = journal.grain
            GROUP BY journal.grain, journal.name HAVING min(position) <> 0 OR max(position) <> count(*) - 1 OR grain.id IS NULL
            """,
            row => row.IsDBNull(0)
                ? $"{row.GetInt64(3)} journal rows belong to no grain"
                : $"the journal {row.GetString(2)} of {row.GetString(0)}/{row.GetString(1)} has {row.GetInt64(3)} rows at positions {row.GetInt64(4)} to {row.GetInt64(5)}");
        foreach (var hole in holes)
            yield return hole;
        foreach (var lost in snapshot.Query("SELECT count(*) FROM state WHERE grain NOT IN (SELECT id FROM grain)", row => row.GetInt64(0)))
        {
            if (lost > 0)
                yield return $"{lost} states belong to no grain";
        }
        // Every write of a grain raises its version by one.
        var behind = snapshot.Query(
            """
            SELECT name, key, version FROM grain
            WHERE version < (SELECT count(*) FROM journal WHERE journal.grain = id) + (SELECT count(*) FROM state WHERE state.grain = id)
            """,
            row => $"{row.GetString(0)}/{row.GetString(1)} has version {row.GetInt64(2)}, less than what was written of it");
        foreach (var fault in behind)
            yield return fault;
    }

    /// <summary>The rows that are not what was written, by their checksums.</summary>
    private IEnumerable<string> Altered()
    {
        using var sums = new RowChecksum();
        var grains = snapshot.Query("SELECT id, name, key, version, has_state, rows, sum FROM grain", row =>
            sums.OfGrain(row.GetInt64(0), new GrainId(row.GetString(1), row.GetString(2)), row.GetInt64(3), row.GetInt64(4) != 0, row.GetInt64(5)) == row.GetInt64(6)
                ? null : $"the head row of {row.GetString(1)}/{row.GetString(2)} is not what was written");
        var states = snapshot.Query(
            "SELECT state.grain, json, state.sum, name, key FROM state LEFT JOIN grain ON grain.id = state.grain",
            row => sums.OfState(row.GetInt64(0), row.GetFieldValue<byte[]>(1)) == row.GetInt64(2)
                ? null : $"the state of {Name(row, 3)} is not what was saved");
        var rows = snapshot.Query(
            "SELECT journal.grain, journal.name, position, json, journal.sum, grain.name, grain.key FROM journal LEFT JOIN grain ON grain.id = journal.grain",
            row => sums.OfRow(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetFieldValue<byte[]>(3)) == row.GetInt64(4)
                ? null : $"row {row.GetInt64(2)} of the journal {row.GetString(1)} of {Name(row, 5)} is not what was appended");
        var reminders = snapshot.Query("SELECT grain, key, name, due, period, sum FROM reminder", row =>
            sums.OfReminder(new GrainId(row.GetString(0), row.GetString(1)), row.GetString(2), row.GetInt64(3), row.GetInt64(4)) == row.GetInt64(5)
                ? null : $"the reminder '{row.GetString(2)}' of {row.GetString(0)}/{row.GetString(1)} is not what was set");
        // Not handed on as they are: the checksums live as long as this does.
        foreach (var altered in grains.Concat(states).Concat(rows).Concat(reminders).OfType<string>())
            yield return altered;
    }

    private static string Name(Microsoft.Data.Sqlite.SqliteDataReader row, int at) => row.IsDBNull(at) ? "a grain that is not there" : $"{row.GetString(at)}/{row.GetString(at + 1)}";

    /// <summary>The names of the kinds of grain that anything is stored of.</summary>
    public IEnumerable<string> Kinds() => snapshot.Query("SELECT DISTINCT name FROM grain", row => row.GetString(0));

    /// <summary>All grains of a kind, in the order of their keys.</summary>
    public IEnumerable<StoredGrainRow> Grains(string kind) => snapshot.Query(
        "SELECT id, key, json FROM grain LEFT JOIN state ON state.grain = id WHERE name = $1 ORDER BY key", Row, kind);

    /// <summary>One grain; null where nothing was ever written of it.</summary>
    public StoredGrainRow? Find(GrainId grain) => snapshot.Find(
        "SELECT id, key, json FROM grain LEFT JOIN state ON state.grain = id WHERE name = $1 AND key = $2", Row, grain.Name, grain.Key);

    /// <summary>The rows of a journal in order.</summary>
    public IEnumerable<byte[]> Journal(StoredGrainRow grain, string name) => snapshot.Query(
        "SELECT json FROM journal WHERE grain = $1 AND name = $2 ORDER BY position", row => row.GetFieldValue<byte[]>(0), grain.Id, name);

    /// <summary>Every reminder.</summary>
    public IEnumerable<(string Kind, string Key, string Name, long DueTicks, long PeriodTicks)> Reminders() => snapshot.Query(
        "SELECT grain, key, name, due, period FROM reminder",
        row => (row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4)));

    private static StoredGrainRow Row(Microsoft.Data.Sqlite.SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2));
}

/// <param name="Id">The file's own number of the grain.</param>
/// <param name="State">JSON, or null where no state is saved.</param>
public sealed record StoredGrainRow(long Id, string Key, byte[]? State);
