using Lucid.GrainInterfaces.Engine;
using Microsoft.Data.Sqlite;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>
/// One grain's rows through one session, each verified as it is read. What it throws it throws before anything has changed, so that one
/// damaged grain fails nobody else's write in the same commit: a <see cref="GrainDamagedException"/> where a row is missing or not what was
/// written.
/// </summary>
internal readonly struct GrainRows(SqliteSession session, string file, GrainId grain)
{
    /// <summary>The grain's head row; null where nothing was ever written.</summary>
    public GrainHead? Head()
    {
        var found = session.Read(
            "SELECT id, version, has_state, rows, sum FROM grain WHERE name = $1 AND key = $2",
            row => (Head: new GrainHead(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2) != 0, row.GetInt64(3)), Sum: row.GetInt64(4)),
            grain.Name, grain.Key);
        if (found is not [var (head, sum)])
            return null;
        return session.Sums.OfGrain(head.Id, grain, head.Version, head.HasState, head.Rows) == sum ? head : throw Damaged("its head row is not what was written");
    }

    /// <summary>The head to write next, or a refusal where the stored version is another.</summary>
    /// <exception cref="StateConflictException">It is.</exception>
    public GrainHead Fence(long version)
    {
        var head = Head();
        if ((head?.Version ?? 0) != version)
            throw new StateConflictException(grain.ToString(), version);
        return (head ?? new GrainHead(NextId(), 0, HasState: false, Rows: 0)) with { Version = version + 1 };
    }

    public void Put(GrainHead head) => session.Run(
        """
        INSERT INTO grain VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, has_state = excluded.has_state, rows = excluded.rows, sum = excluded.sum
        """,
        head.Id, grain.Name, grain.Key, head.Version, head.HasState ? 1 : 0, head.Rows,
        session.Sums.OfGrain(head.Id, grain, head.Version, head.HasState, head.Rows));

    public byte[]? State(GrainHead head)
    {
        var found = session.Read("SELECT json, sum FROM state WHERE grain = $1", row => (Json: row.GetFieldValue<byte[]>(0), Sum: row.GetInt64(1)), head.Id);
        return (found, head.HasState) switch
        {
            ([], false) => null,
            ([var (json, sum)], true) when session.Sums.OfState(head.Id, json) == sum => json,
            _ => throw Damaged(found.Count == 0 ? "its state is missing" : "its state is not what was saved"),
        };
    }

    public void PutState(GrainHead head, byte[] json) => session.Run(
        "INSERT INTO state VALUES ($1, $2, $3) ON CONFLICT (grain) DO UPDATE SET json = excluded.json, sum = excluded.sum",
        head.Id, json, session.Sums.OfState(head.Id, json));

    /// <summary>That no journal has lost its end, as far as the head row tells.</summary>
    public void CheckRows(GrainHead head)
    {
        var (total, journal) = (0L, "");
        // From name to name through the key, so that it costs the same for a journal of a hundred thousand rows.
        while (session.Read("SELECT name FROM journal WHERE grain = $1 AND name > $2 ORDER BY name LIMIT 1", row => row.GetString(0), head.Id, journal) is [var next])
        {
            total += Count(head, next);
            journal = next;
        }
        if (total != head.Rows)
            throw Damaged($"its journals have {total} rows, and {head.Rows} were appended");
    }

    // Rows are only ever appended or all deleted, so the last position tells how many there are.
    public long Count(GrainHead head, string journal) => session.Read(
        "SELECT coalesce(max(position) + 1, 0) FROM journal WHERE grain = $1 AND name = $2", row => row.GetInt64(0), head.Id, journal)[0];

    public IReadOnlyList<byte[]> Rows(GrainHead head, string journal, long from, int count)
    {
        var found = session.Read(
            "SELECT position, json, sum FROM journal WHERE grain = $1 AND name = $2 AND position >= $3 ORDER BY position LIMIT $4",
            row => (Position: row.GetInt64(0), Json: row.GetFieldValue<byte[]>(1), Sum: row.GetInt64(2)), head.Id, journal, from, count);
        for (var i = 0; i < found.Count; i++)
        {
            if (found[i].Position != from + i)
                throw Damaged($"row {from + i} of its journal '{journal}' is missing");
            if (session.Sums.OfRow(head.Id, journal, found[i].Position, found[i].Json) != found[i].Sum)
                throw Damaged($"row {from + i} of its journal '{journal}' is not what was appended");
        }
        return found.ConvertAll(row => row.Json);
    }

    public void Append(GrainHead head, string journal, long position, byte[] json) => session.Run(
        "INSERT INTO journal VALUES ($1, $2, $3, $4, $5)", head.Id, journal, position, json, session.Sums.OfRow(head.Id, journal, position, json));

    public void Clear(GrainHead head)
    {
        session.Run("DELETE FROM journal WHERE grain = $1", head.Id);
        session.Run("DELETE FROM state WHERE grain = $1", head.Id);
    }

    /// <summary>The error of a SQLite call for one grain.</summary>
    public static Exception Explain(string file, GrainId grain, SqliteException e) =>
        SqliteSession.IsDamage(e) ? new GrainDamagedException(file, grain.ToString(), e.Message.TrimEnd('.'), e) : SqliteSession.Explain(file, e);

    // There is one writer, so the number is free until this one is written.
    private long NextId() => session.Read("SELECT coalesce(max(id), 0) + 1 FROM grain", row => row.GetInt64(0))[0];

    private GrainDamagedException Damaged(string what) => new(file, grain.ToString(), what);
}

/// <summary>What is kept of a grain beside its state and journals.</summary>
/// <param name="Rows">Of all its journals together.</param>
internal readonly record struct GrainHead(long Id, long Version, bool HasState, long Rows);
