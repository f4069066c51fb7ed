using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Lucid.Evidence.Compression;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Lists;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Search;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Storage;

/// <summary>
/// The list of sessions in a <see cref="DirectoryFile"/>. A damaged row is left out until its session has written it anew, and a session
/// whose row cannot be written goes on.
/// </summary>
public sealed class SessionDirectory(DirectoryFile file, DataFolder folder, TimeProvider clock, ILogger<SessionDirectory> log) : ISessionDirectory, IDisposable
{
    private const string Columns = "id, name, owner, status, created_at, view, sum, updated_at";

    private readonly SessionPages _pages = new();

    /// <summary>Told of sessions whose rows turned out to be damaged, to write them anew.</summary>
    public Action<Guid>? Repair { get; set; }

    public Task UpsertAsync(SessionView session, ImmutableArray<SessionShare> shares, CancellationToken cancellation) => file.Writer.InTurnAsync(() =>
    {
        var row = Row.Of(session with { Lease = null });
        try
        {
            using var transaction = file.Writer.Begin();
            using var command = file.Writer.Command(
                """
                INSERT INTO sessions(id, name, owner, status, created_at, updated_at, chunk_count, size_bytes, stored_bytes, duration_ms, gap_count, gap_ms, view, sum)
                VALUES(@id, @name, @owner, @status, @created, @updated, @chunks, @size, @stored, @duration, @gaps, @gap_ms, @view, @sum)
                ON CONFLICT(id) DO UPDATE SET name=excluded.name, owner=excluded.owner, status=excluded.status, created_at=excluded.created_at,
                updated_at=excluded.updated_at, chunk_count=excluded.chunk_count, size_bytes=excluded.size_bytes, stored_bytes=excluded.stored_bytes,
                duration_ms=excluded.duration_ms, gap_count=excluded.gap_count, gap_ms=excluded.gap_ms, view=excluded.view, sum=excluded.sum
                RETURNING place
                """,
                ("@id", row.Id), ("@name", row.Name), ("@owner", row.Owner), ("@status", row.Status), ("@created", row.CreatedAt),
                ("@updated", clock.GetUtcNow().ToUnixTimeMilliseconds()), ("@chunks", session.ChunkCount), ("@size", session.SizeBytes), ("@stored", session.StoredBytes),
                ("@duration", session.DurationMs), ("@gaps", session.GapCount), ("@gap_ms", session.GapMs), ("@view", row.View), ("@sum", row.Sum()));
            var place = (long)command.ExecuteScalar()!;
            file.WriteWords("session_words", place, string.Join(' ', SearchWords.Of(session)));
            WriteShares(place, shares);
            transaction.Commit();
            _pages.Forget();
            return true;
        }
        catch (SqliteException e)
        {
            // The session itself is saved; that it is listed as it was a moment ago must not stop it.
            log.LogWarning("{File}: session {Session} could not be listed anew ({Reason}); it goes on", file.Path, session.SessionId, e.Message);
            return false;
        }
    }, cancellation);

    public Task CheckNewAsync(Guid session, CancellationToken cancellation) => file.Writer.InTurnAsync(() =>
    {
        using var command = file.Writer.Command($"SELECT {Columns} FROM sessions WHERE id=@id", ("@id", session.ToString("D")));
        return Whole(Read(command)).Count == 0
            ? true
            : throw new GrainDamagedException(folder.GrainStore, $"session/{session:D}", "it holds nothing of it, although the list of sessions knows it");
    }, cancellation);

    public Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation) =>
        _pages.GetAsync(query, () => ReadAsync(query, cancellation));

    public Task<SessionStatistics> AddUpAsync(string? owner, CancellationToken cancellation) => file.Reader.InTurnAsync(() =>
    {
        var where = new SqliteConditions();
        if (owner is not null)
            where.Add("owner=@owner", ("@owner", owner));
        // By owner too, which is the order of the index that has all of it: so neither is a row read, nor anything sorted.
        using var command = file.Reader.Command(
            $"SELECT status, count(*), sum(chunk_count), sum(size_bytes), sum(stored_bytes), sum(duration_ms), sum(gap_count), sum(gap_ms) FROM sessions {where} GROUP BY owner, status",
            [.. where.Values]);
        using var reader = command.ExecuteReader();
        return SessionSums.Read(reader);
    }, cancellation);

    public void Dispose() => _pages.Dispose();

    private Task<(SessionListPage Page, int? Characters)> ReadAsync(SessionListQuery query, CancellationToken cancellation)
    {
        query.After?.RequireSort(query.Sort);
        var words = query.Search is { } text ? SearchWords.Asked(text) : default;
        var (order, after) = query.Sort switch
        {
            "updated_at" => ("updated_at DESC, id DESC", "(updated_at, id) < (@time, @last)"),
            "name" => ("name, id", "(name, id) > (@name, @last)"),
            _ => ("created_at DESC, id DESC", "(created_at, id) < (@time, @last)"),
        };
        return file.Reader.InTurnAsync(() =>
        {
            // Only what is asked for: SQLite plans a statement without its values, and would else go by no index but the order's.
            var where = new SqliteConditions();
            if (query.Status is { } status)
                where.Add("status=@status", ("@status", DirectoryNames.Of(status)));
            if (query.Owner is { } owner)
                where.Add("owner=@owner", ("@owner", owner));
            if (query.SharedWith is { } auditor)
                where.Add("place IN (SELECT place FROM session_shares WHERE auditor=@auditor AND expires_at>@now)", ("@auditor", auditor), ("@now", clock.GetUtcNow().ToUnixTimeMilliseconds()));
            if (!words.IsDefault)
                where.AddWords(file.Reader, "session_words", words);
            var total = query.After is null ? where.Total ?? Count(where) : (long?)null;
            if (query.After is { } place)
                where.Add(after, ("@time", place.Time / 1000), ("@name", place.Name), ("@last", place.Id));
            // One more than asked for tells whether more follow.
            using var command = file.Reader.Command(
                $"SELECT {Columns} FROM sessions {where} ORDER BY {order} LIMIT @limit OFFSET @offset",
                [.. where.Values, ("@limit", query.Limit + 1), ("@offset", query.After is null ? (query.Page - 1L) * query.Limit : 0)]);
            var rows = Read(command);
            var whole = Whole(rows.Take(query.Limit));
            var page = new SessionListPage([.. whole.Select(row => JsonSerializer.Deserialize<SessionView>(row.View)!)], total)
            {
                // Where a row is damaged, its place is still the one that it is found at.
                Next = rows.Count > query.Limit ? rows[query.Limit - 1].Place(query.Sort) : null,
            };
            // A damaged one is looked at again until it was written anew, and shares end without anybody's doing.
            var isKept = whole.Count == Math.Min(rows.Count, query.Limit) && query.SharedWith is null;
            return (page, isKept ? whole.Sum(row => row.View.Length) : (int?)null);
        }, cancellation);
    }

    /// <summary>Sessions that still have something to do.</summary>
    public Task<ImmutableArray<Guid>> UnfinishedAsync(CancellationToken cancellation) => file.Writer.InTurnAsync(() =>
    {
        using var command = file.Writer.Command($"SELECT {Columns} FROM sessions WHERE status IN ({string.Join(',', DirectoryNames.Unfinished.Select(name => $"'{name}'"))})");
        return Whole(Read(command)).Select(row => Guid.ParseExact(row.Id, "D")).ToImmutableArray();
    }, cancellation);

    private void WriteShares(long place, ImmutableArray<SessionShare> shares)
    {
        var next = shares.Select(share => (share.Auditor, share.ExpiresAt.ToUnixTimeMilliseconds())).ToHashSet();
        using (var find = file.Writer.Command("SELECT auditor, expires_at FROM session_shares WHERE place=@place", ("@place", place)))
        {
            using var reader = find.ExecuteReader();
            HashSet<(string, long)> before = [];
            while (reader.Read())
                before.Add((reader.GetString(0), reader.GetInt64(1)));
            // As with words: hardly anything that happens to a session changes them.
            if (before.SetEquals(next))
                return;
        }
        using (var delete = file.Writer.Command("DELETE FROM session_shares WHERE place=@place", ("@place", place)))
            delete.ExecuteNonQuery();
        foreach (var (auditor, until) in next)
        {
            using var insert = file.Writer.Command("INSERT INTO session_shares(place, auditor, expires_at) VALUES(@place, @auditor, @until)", ("@place", place), ("@auditor", auditor), ("@until", until));
            insert.ExecuteNonQuery();
        }
    }

    private long Count(SqliteConditions where)
    {
        using var count = file.Reader.Command($"SELECT count(*) FROM sessions {where}", [.. where.Values]);
        return (long)count.ExecuteScalar()!;
    }

    private static List<StoredRow> Read(SqliteCommand command)
    {
        var rows = new List<StoredRow>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var row = new Row(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4), reader.GetString(5));
            rows.Add(new StoredRow(row, row.Sum() == reader.GetInt64(6), reader.GetInt64(7)));
        }
        return rows;
    }

    /// <summary>The rows that are what was written; the others are left to be repaired.</summary>
    private List<Row> Whole(IEnumerable<StoredRow> rows)
    {
        List<Row> whole = [];
        foreach (var (row, isWhole, _) in rows)
        {
            if (isWhole)
            {
                whole.Add(row);
                continue;
            }
            log.LogWarning("{File}: the row of session {Session} is damaged and left out until its session has written it anew", file.Path, row.Id);
            if (Guid.TryParseExact(row.Id, "D", out var session))
                Repair?.Invoke(session);
        }
        return whole;
    }

    internal readonly record struct Row(string Id, string Name, string Owner, string Status, long CreatedAt, string View)
    {
        public static Row Of(SessionView session) => new(
            session.SessionId.ToString("D"), session.Name, session.Owner, DirectoryNames.Of(session.Status),
            session.CreatedAt.ToUnixTimeMilliseconds(), JsonSerializer.Serialize(session));

        public long Sum() => Crc32.Of(JsonSerializer.SerializeToUtf8Bytes((string[])[Id, Name, Owner, Status, CreatedAt.ToString(CultureInfo.InvariantCulture), View]));
    }

    private readonly record struct StoredRow(Row Row, bool IsWhole, long UpdatedAt)
    {
        public ListPosition Place(string sort) => sort switch
        {
            "updated_at" => new(sort, Row.Id) { Time = UpdatedAt * 1000 },
            "name" => new(sort, Row.Id) { Name = Row.Name },
            _ => new(sort, Row.Id) { Time = Row.CreatedAt * 1000 },
        };
    }
}
