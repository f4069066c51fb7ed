using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Sessions;

namespace Lucid.Silo.Audit;

/// <summary>
/// One session: its journal of leaves, the grains and files of its chunks, and what its manifest says of them. The journal is read row by
/// row; of a chunk, one bit is kept.
/// </summary>
internal sealed class SessionCheck(Guid session, StoredGrainRow row, SessionState state, AuditContext context)
{
    private const string Cure = "Restore grains.db from a backup; what was recorded can still be verified from evidence files";

    private readonly BitArray _counted = new(64);
    private readonly LeafTally _tally = new(new LeafTallySnapshot());
    private bool _rowsAreGood = true;
    private SessionKey? _key;

    private AuditFindings Findings => context.Findings;
    private bool KeepsContent => state is { Status: not SessionStatus.Erased, EraseWanted: false };

    public async Task RunAsync(CancellationToken cancellation)
    {
        if (state is not { Request: not null, Opened: { } opened })
        {
            Damage("its state does not say what was asked for, or who opened it");
            return;
        }
        if (state.Status == SessionStatus.Erased && state.ErasedAt is null)
            Damage("it is erased, and does not say since when");
        _key = KeepsContent ? context.Keys.Check(session, opened) : null;
        try
        {
            await CheckLeavesAsync(opened.Recorder, opened.RecorderKey, cancellation);
        }
        finally
        {
            _key?.Dispose();
        }
        CheckFiles();
        if (_rowsAreGood && state.Manifest is not null)
            new ManifestCheck(session, state, _tally, context, Damage).Run();
        else if (state.Manifest is null && state.Status is SessionStatus.Anchoring or SessionStatus.Anchored or SessionStatus.Erased)
            Damage($"it is {state.Status.ToString().ToLowerInvariant()} without a manifest");
    }

    private async Task CheckLeavesAsync(string recorder, Ed25519PublicKey recorderKey, CancellationToken cancellation)
    {
        var snapshotMet = state.Tally.Rows == 0;
        foreach (var json in context.Grains.Journal(row, "leaves"))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!TryRead(json, out var leaf, out var bytes))
                return;
            var isNew = !_tally.Has(leaf.Index);
            try
            {
                _tally.Add(leaf);
            }
            catch (MalformedException contradiction)
            {
                Refuse(contradiction.Message);
                return;
            }
            if (isNew && leaf is ChunkLeaf chunk)
                await CheckChunkAsync(chunk, bytes, recorder, recorderKey, cancellation);
            if (_tally.Rows == state.Tally.Rows)
                snapshotMet = Same(_tally.Snapshot(), state.Tally);
        }
        if (!snapshotMet)
            Refuse($"its tally after {state.Tally.Rows} leaves is not what the journal gives");
    }

    private bool TryRead(byte[] json, out Leaf leaf, out byte[] bytes)
    {
        try
        {
            bytes = JsonSerializer.Deserialize<LeafRow>(json, GrainJsonStrict.Options)!.Leaf;
            leaf = Leaf.Parse(bytes);
            if (leaf.Session == session)
                return true;
            Refuse($"leaf {_tally.Rows} of its journal is of session {leaf.Session}");
        }
        catch (Exception damage) when (damage is JsonException or MalformedException or NullReferenceException or ArgumentNullException)
        {
            Refuse($"leaf {_tally.Rows} of its journal cannot be read ({damage.Message})");
        }
        (leaf, bytes) = (null!, []);
        return false;
    }

    private async Task CheckChunkAsync(ChunkLeaf leaf, byte[] bytes, string recorder, Ed25519PublicKey recorderKey, CancellationToken cancellation)
    {
        Remember(leaf.Index);
        var stored = context.Grains.Find(new GrainId("chunk", $"{session:D}/{leaf.Index}"));
        var path = context.Chunks.PathOf(session, leaf.Index);
        var chunkKey = _key?.ChunkKey(session, leaf.Index);
        await context.Workers.AddAsync(() =>
        {
            CheckReceipt(leaf, bytes, stored?.State, recorder, recorderKey);
            if (KeepsContent && !ChunkCheck.Run(path, leaf, chunkKey, Findings) && !context.IsErasedMeanwhile(session))
                Findings.Damage(path, "the file is missing", "This chunk's content is lost here. Put the file back from a backup or from an evidence file of the session");
        }, cancellation);
    }

    private void CheckReceipt(ChunkLeaf leaf, byte[] bytes, byte[]? json, string recorder, Ed25519PublicKey recorderKey)
    {
        if (json is null)
        {
            Damage($"chunk {leaf.Index} is counted, and what is kept of it is missing");
            return;
        }
        try
        {
            var chunk = JsonSerializer.Deserialize<ChunkState>(json, GrainJsonStrict.Options)!;
            if (!chunk.Leaf.AsSpan().SequenceEqual(bytes))
            {
                Damage($"chunk {leaf.Index} has another leaf than the journal counts");
                return;
            }
            var note = SignedNote.Parse(System.Text.Encoding.UTF8.GetBytes(chunk.Receipt));
            if (ChunkReceipt.Of(note) != new ChunkReceipt(state.Opened!.Network, leaf))
                Damage($"the receipt of chunk {leaf.Index} is for another leaf");
            else if (ChunkReceipt.FindFault(note, recorder, recorderKey) is { } fault)
                Damage($"the receipt of chunk {leaf.Index}: {fault}");
        }
        catch (Exception damage) when (damage is JsonException or MalformedException)
        {
            Damage($"what is kept of chunk {leaf.Index} cannot be read ({damage.Message})");
        }
    }

    /// <summary>What else lies beside the chunks that are counted.</summary>
    private void CheckFiles()
    {
        var folder = context.Chunks.DirectoryOf(session);
        if (!Directory.Exists(folder))
            return;
        foreach (var path in Directory.EnumerateFileSystemEntries(folder))
        {
            var name = Path.GetFileName(path);
            var isChunk = name.Length == 10 && ulong.TryParse(name, System.Globalization.NumberStyles.None, null, out _);
            if (state.Status == SessionStatus.Erased && !context.IsLive)
                Findings.Damage(path, "it lies here although its session says that it was erased", "If lucid show says so too, delete the file");
            else if (!isChunk || Directory.Exists(path))
                context.Layout.Stranger(path);
            else if (_rowsAreGood && KeepsContent && !IsCounted(ulong.Parse(name, System.Globalization.CultureInfo.InvariantCulture)))
                Findings.Note(path, "a chunk that its session has not counted", "Nobody was given a receipt for it: its upload was cut off, and may still be repeated");
        }
    }

    private void Remember(ulong index)
    {
        if (index >= (ulong)_counted.Length)
            _counted.Length = (int)Math.Min(int.MaxValue, (index + 1) * 2);
        _counted[(int)index] = true;
    }

    private bool IsCounted(ulong index) => index < (ulong)_counted.Length && _counted[(int)index];

    private void Refuse(string problem)
    {
        _rowsAreGood = false;
        Damage(problem);
    }

    private void Damage(string problem) => Findings.Damage(context.Folder.GrainStore, $"session {session:D}: {problem}", Cure);

    private static bool Same(LeafTallySnapshot left, LeafTallySnapshot right) =>
        JsonSerializer.SerializeToUtf8Bytes(left, GrainJson.Options).AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(right, GrainJson.Options));
}

/// <summary>As grains are stored, but without tolerance for names that nobody knows: a damaged name would lose its value in silence.</summary>
internal static class GrainJsonStrict
{
    public static JsonSerializerOptions Options { get; } = new(GrainJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };
}
