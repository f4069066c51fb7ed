using System.Text.Json;
using System.Text.Json.Serialization;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Sessions;
using Lucid.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Audit;

/// <summary>
/// directory.db against the sessions. A row may be one step behind its session, since it is written after it and not flushed; what can never
/// change, and what a session says that is over, has to be the same.
/// </summary>
internal sealed class DirectoryAudit(DataFolder folder, bool isLive, AuditFindings findings, SqliteGrainReader? grains)
{
    private static readonly JsonSerializerOptions _strict = new() { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    public void Run()
    {
        using var directory = AuditDatabase.Open(folder.Directory, AuditSchema.Directory, isLive, findings, Damage);
        if (directory is null)
            return;
        try
        {
            if (directory.Query("PRAGMA user_version", row => row.GetInt64(0)).Single() != DirectorySchema.Version)
                Damage("its schema is not the one that this Lucid knows");
            foreach (var row in directory.Query("SELECT id, name, owner, status, created_at, updated_at, view, chunk_count, size_bytes, stored_bytes, duration_ms, gap_count, gap_ms FROM sessions", Row))
                Check(directory, row);
            foreach (var (id, isWhole) in directory.Query("SELECT id, name, owner, status, created_at, view, sum FROM sessions", row =>
                (row.GetString(0), new SessionDirectory.Row(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetString(5)).Sum() == row.GetInt64(6))))
            {
                if (!isWhole)
                    Damage($"the row of session {id} does not have its checksum");
            }
            foreach (var fault in new DirectoryUsersAudit(directory).Faults())
                Damage(fault);
            foreach (var fault in new DirectoryWordsAudit(directory).Faults())
                Damage(fault);
            // Of a running node the list is newer than the sessions that were looked at.
            if (grains is null || isLive)
                return;
            foreach (var session in grains.Grains("session"))
            {
                if (directory.Find("SELECT id FROM sessions WHERE id = $1", row => row.GetString(0), session.Key) is null && Read(session) is { Status: not SessionStatus.None })
                    Note($"session {session.Key} is not listed");
            }
        }
        catch (Exception damage) when (damage is SqliteException or InvalidCastException or InvalidOperationException)
        {
            Damage($"reading stopped at damage ({damage.Message})");
        }
    }

    private void Check(SqliteSnapshot directory, DirectoryRow row)
    {
        SessionView view;
        try
        {
            view = JsonSerializer.Deserialize<SessionView>(row.View, _strict)!;
        }
        catch (JsonException damage)
        {
            Damage($"the row of session {row.Id} cannot be read ({damage.Message})");
            return;
        }
        if (view.SessionId.ToString("D") != row.Id || view.Name != row.Name || view.Owner != row.Owner ||
            DirectoryNames.Of(view.Status) != row.Status || view.CreatedAt.ToUnixTimeMilliseconds() != row.CreatedAt ||
            row.UpdatedAt < 0 || row.UpdatedAt > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ||
            (view.ChunkCount, view.SizeBytes, view.StoredBytes, view.DurationMs, view.GapCount, view.GapMs) != row.Sums)
            Damage($"the columns of session {row.Id} are not those of its view");
        if (grains is null)
            return;
        if (grains.Find(new("session", row.Id)) is not { } session)
        {
            if (!isLive)
                Damage($"it lists session {row.Id}, which is not there");
            return;
        }
        if (Read(session) is { Request: { } request, Opened: not null } state)
            Compare(directory, row, view, state, request);
    }

    private void Compare(SqliteSnapshot directory, DirectoryRow row, SessionView view, SessionState state, CreateSession request)
    {
        if (view.Owner != request.Owner || view.CreatedAt != state.CreatedAt || view.StartedAt != state.CreatedAt || view.Recorder != state.Opened!.Recorder ||
            view.Continues != request.Continues || view.Lease is not null)
            Damage($"the row of session {row.Id} is not what was asked for when the session began");
        else if (!IsAsAsked(view, request) && state.Asked is null)
            Damage($"the row of session {row.Id} is not what was asked for when the session began");
        else if (view.Status != state.Status)
            Note($"session {row.Id} is listed as {row.Status}");
        else if (state.Status is SessionStatus.Anchored or SessionStatus.Erased && !IsAnchoredView(view, state))
            Damage($"the row of session {row.Id} is not what the session says");
        else if (!IsAsAsked(view, request))
            Note($"session {row.Id} is listed as it was before it was changed");
        else if (!HasSharesOf(directory, row, state))
            Note($"session {row.Id} is listed with other shares than it has");
    }

    /// <summary>Whether it lists what the session shares; of what had ended when the row was written, that is as it may.</summary>
    private static bool HasSharesOf(SqliteSnapshot directory, DirectoryRow row, SessionState state)
    {
        var listed = directory.Query(
            "SELECT auditor, expires_at FROM session_shares WHERE place = (SELECT place FROM sessions WHERE id = $1)", found => (found.GetString(0), found.GetInt64(1)), row.Id).ToHashSet();
        var shares = state.Shares.Select(share => (share.Auditor, share.ExpiresAt.ToUnixTimeMilliseconds())).ToHashSet();
        return listed.IsSubsetOf(shares) && shares.All(share => listed.Contains(share) || share.Item2 <= row.UpdatedAt);
    }

    /// <summary>Whether the row says what may be changed as the session does.</summary>
    private static bool IsAsAsked(SessionView view, CreateSession request) =>
        (view.Name, view.Description, view.IdleLimitSeconds, view.RetentionSeconds) == (request.Name, request.Description, (int)request.IdleLimit.TotalSeconds, (long?)request.Retention?.TotalSeconds) &&
        view.Tracks.SequenceEqual(request.Tracks);

    /// <summary>Whether the row says of a session that is over what its tally, manifest and anchor say.</summary>
    private static bool IsAnchoredView(SessionView view, SessionState state)
    {
        var totals = state.Tally.Totals;
        return (view.LeafCount, view.ChunkCount, view.GapCount, view.GapMs, view.DurationMs, view.SizeBytes, view.StoredBytes) ==
                ((long)totals.Leaves, (long)totals.Chunks, (long)totals.Gaps, totals.GapMs, totals.DurationMs, (long)totals.PlainBytes, (long)totals.CipherBytes) &&
            view.NextIndex == totals.Leaves && view.CountedAhead.Length == 0 && view.ManifestSha256 == state.ManifestSha256 && view.Anchor == state.Anchor &&
            view.MerkleRoot == new LeafTally(state.Tally).Root() && view.CompletedAt == state.ClosedAt && view.ErasedAt == state.ErasedAt &&
            view.ContinuedBy == state.ContinuedBy && view.Outcome == state.Outcome?.ToString().ToLowerInvariant() && view.Failure == state.Failure;
    }

    private static SessionState? Read(StoredGrainRow session)
    {
        try
        {
            return session.State is { } json ? JsonSerializer.Deserialize<SessionState>(json, GrainJsonStrict.Options) : null;
        }
        catch (JsonException)
        {
            // Told of the store that it is in.
            return null;
        }
    }

    private void Damage(string problem)
    {
        if (_told.Add(problem))
            findings.Mendable(folder.Directory, problem, "The list is derived. Stop the node and delete the file; the next start makes it again from sessions and users");
    }

    private void Note(string problem) => findings.Note(folder.Directory, problem, "The list was not flushed before the node died; it catches up when the session is next asked");

    private static DirectoryRow Row(SqliteDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5), row.GetString(6),
            (row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11), row.GetInt64(12)));

    private sealed record DirectoryRow(string Id, string Name, string Owner, string Status, long CreatedAt, long UpdatedAt, string View, (long, long, long, long, long, long) Sums);
}
