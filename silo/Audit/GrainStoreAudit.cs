using System.Globalization;
using System.Text.Json;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Sessions;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Audit;

/// <summary>grains.db, and with each session what it says of chunks, keys and the ledger.</summary>
internal sealed class GrainStoreAudit(AuditContext context)
{
    private const string Cure = "Restore grains.db from a backup; what was recorded can still be verified from evidence files";

    private static readonly string[] _kinds = ["session", "chunk", "recorder", "chain", "log", "issuer", "user", "attempts", "door", "idempotency", "trust-policy", "policy-index", "audit"];

    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var fault in context.Grains.Faults())
            Damage(fault);
        foreach (var kind in context.Grains.Kinds().Except(_kinds, StringComparer.Ordinal).ToList())
            Damage($"'{kind}' is no kind of grain that this Lucid knows");
        foreach (var row in context.Grains.Grains("session"))
            await CheckAsync(row, cancellation);
        CheckChunkGrains();
        CheckReminders();
        CheckChunkFolders();
        CheckKeyFolders();
    }

    private async Task CheckAsync(StoredGrainRow row, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!TryParse(row.Key, out var session))
        {
            Damage($"'{row.Key}' is no session's id");
            return;
        }
        if (ReadState(row) is { Status: not SessionStatus.None } state)
            await new SessionCheck(session, row, state, context).RunAsync(cancellation);
    }

    private SessionState? ReadState(StoredGrainRow row)
    {
        try
        {
            return row.State is { } json ? JsonSerializer.Deserialize<SessionState>(json, GrainJsonStrict.Options) : null;
        }
        catch (Exception damage) when (damage is JsonException or FormatException or ArgumentException)
        {
            Damage($"the state of session {row.Key} cannot be read ({damage.Message})");
            return null;
        }
    }

    /// <summary>Those of counted chunks were judged with their sessions; here it is whether each has a session, and can be read.</summary>
    private void CheckChunkGrains()
    {
        // Two statements on one snapshot: the second is asked once for each session, since keys come in order.
        var (last, isKnown) = (Guid.Empty, false);
        foreach (var row in context.Grains.Grains("chunk"))
        {
            if (row.Key.Split('/') is not [var id, var number] || !TryParse(id, out var session) ||
                !ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || $"{session:D}/{index}" != row.Key)
            {
                Damage($"'{row.Key}' is no chunk's name");
                continue;
            }
            if (session != last)
                (last, isKnown) = (session, Knows(session));
            if (!isKnown)
                Damage($"chunk {row.Key} belongs to a session that is not there");
            try
            {
                if (row.State is { } json)
                    _ = JsonSerializer.Deserialize<ChunkState>(json, GrainJsonStrict.Options);
            }
            catch (JsonException damage)
            {
                Damage($"what is kept of chunk {row.Key} cannot be read ({damage.Message})");
            }
        }
    }

    private void CheckReminders()
    {
        foreach (var (kind, key, name, due, period) in context.Grains.Reminders())
        {
            if (!_kinds.Contains(kind, StringComparer.Ordinal) || name is not ("watch" or "retention" or "awake" or "anchor") || period <= 0 || due < 0 || due > DateTimeOffset.MaxValue.Ticks)
                Damage($"the reminder '{name}' of {kind}/{key} is none that this Lucid sets");
        }
    }

    private void CheckChunkFolders()
    {
        if (!Directory.Exists(context.Folder.Chunks))
            return;
        foreach (var folder in Directory.EnumerateFileSystemEntries(context.Folder.Chunks).SelectMany(Below))
        {
            if (!TryParse(Path.GetFileName(folder), out var session) || context.Chunks.DirectoryOf(session) != folder || !Directory.Exists(folder))
                context.Layout.Stranger(folder);
            else if (!Knows(session))
                context.Findings.Damage(folder, $"grains.db knows no session {session:D}, and there are chunks of it", "Either grains.db lost it, then restore grains.db from a backup, or the folder is another node's");
        }
    }

    private void CheckKeyFolders()
    {
        var keys = WrappedKey.FolderIn(context.Folder);
        if (!Directory.Exists(keys))
            return;
        foreach (var file in Directory.EnumerateFileSystemEntries(keys).SelectMany(Below))
        {
            if (!file.EndsWith(".key", StringComparison.Ordinal) || !TryParse(Path.GetFileNameWithoutExtension(file), out var session) ||
                WrappedKey.PathIn(context.Folder, session) != file)
                context.Layout.Stranger(file);
            else if (context.Grains.Find(AuditContext.Of(session)) is not { } row || ReadState(row) is null or { Status: SessionStatus.None })
                context.Findings.Note(file, "the key of a session that grains.db does not know", "The node died before the session began, or grains.db is older than this key");
            else if (ReadState(row) is { Status: SessionStatus.Erased } && File.Exists(file) && !context.IsLive)
                context.Findings.Damage(file, "the key is here although its session says that it was erased", "If lucid show says so too, delete the file: whoever has it can read what is left of the recording");
        }
    }

    private IEnumerable<string> Below(string prefix)
    {
        if (prefix == context.Chunks.Erased && Directory.Exists(prefix))
        {
            CheckErased(prefix);
            return [];
        }
        if (Path.GetFileName(prefix) is { Length: 2 } name && name.All(char.IsAsciiHexDigitLower) && Directory.Exists(prefix))
            return Directory.EnumerateFileSystemEntries(prefix);
        context.Layout.Stranger(prefix);
        return [];
    }

    private void CheckErased(string erased)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(erased))
        {
            if (!ChunkStore.IsSetAside(Path.GetFileName(path)) || File.Exists(path))
                context.Layout.Stranger(path);
            else if (!context.IsLive)
                context.Findings.Note(path, "what is left of a session that was erased", "Its key is destroyed. A start deletes it");
        }
    }

    private bool Knows(Guid session) => context.KnowsNow(session);

    private void Damage(string problem) => context.Findings.Damage(context.Folder.GrainStore, problem, Cure);

    private static bool TryParse(string text, out Guid session) => Guid.TryParseExact(text, "D", out session) && session.ToString("D") == text;
}
