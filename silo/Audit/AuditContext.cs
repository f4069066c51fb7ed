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
    DataFolder Folder, bool IsLive, AuditFindings Findings, AuditKeys Keys, AuditLayout Layout, AuditWorkers Workers, ExpectedAnchors Anchors,
    SqliteGrainReader Grains)
{
    private readonly Lock _looking = new();

    public ChunkStore Chunks { get; } = new(Folder);

    /// <summary>Whether a running node began to erase a session after <see cref="Grains"/> was looked at.</summary>
    public bool IsErasedMeanwhile(Guid session)
    {
        if (!IsLive)
            return false;
        lock (_looking)
        {
            try
            {
                using var now = SqliteSnapshot.Open(Folder.GrainStore, live: true);
                return new SqliteGrainReader(now).Find(new GrainId("session", session.ToString("D")))?.State is { } json &&
                    JsonSerializer.Deserialize<SessionState>(json, GrainJsonStrict.Options) is { EraseWanted: true } or { Status: SessionStatus.Erased };
            }
            catch (Exception unknown) when (unknown is SqliteException or JsonException)
            {
                return false;
            }
        }
    }
}
