using System.Text.Json;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Sessions;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Audit;

/// <summary>What the checks of sessions share.</summary>
/// <param name="IsLive">A node is running on the directory.</param>
/// <param name="Grains">One moment of the grain store. For the thread that reads sessions only.</param>
internal sealed record AuditContext(
    DataFolder Folder, bool IsLive, AuditFindings Findings, AuditKeys Keys, AuditLayout Layout, AuditWorkers Workers, SessionAnchors Anchors,
    SqliteGrainReader Grains)
{
    private readonly Lock _looking = new();

    public ChunkStore Chunks { get; } = new(Folder);

    /// <summary>Whether a running node began to erase a session after <see cref="Grains"/> was looked at.</summary>
    public bool IsErasedMeanwhile(Guid session)
    {
        try
        {
            return IsLive && Now(session)?.State is { } json &&
                JsonSerializer.Deserialize<SessionState>(json, GrainJsonStrict.Options) is { EraseWanted: true } or { Status: SessionStatus.Erased };
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Whether a session is there, or a running node began it after <see cref="Grains"/> was looked at.</summary>
    public bool KnowsNow(Guid session)
    {
        try
        {
            return Grains.Find(Of(session)) is not null || (IsLive && Now(session) is not null);
        }
        catch (SqliteException)
        {
            // The store is damaged, which is told already: nobody can say what it knew.
            return true;
        }
    }

    public static GrainId Of(Guid session) => new("session", session.ToString("D"));

    private StoredGrainRow? Now(Guid session)
    {
        lock (_looking)
        {
            try
            {
                using var now = SqliteSnapshot.Open(Folder.GrainStore, live: true);
                return new SqliteGrainReader(now).Find(Of(session));
            }
            catch (SqliteException)
            {
                return null;
            }
        }
    }
}
