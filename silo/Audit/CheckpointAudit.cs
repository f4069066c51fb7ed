using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;
using Lucid.Grains.Chain;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Audit;

/// <summary>checkpoints.db: each is signed as it must be, and states the root that the blocks give at its size.</summary>
internal sealed class CheckpointAudit : IDisposable
{
    private const string Cure = "Restore the file from a backup. Where this node is the only validator you may delete it: checkpoints are then made again as they are needed";

    private readonly string _path;
    private readonly Genesis _genesis;
    private readonly Ed25519PublicKey? _logKey;
    private readonly AuditFindings _findings;
    private readonly SqliteSnapshot? _store;
    private readonly IEnumerator<(ulong Size, byte[] Note)>? _rows;
    private bool _hasRow;

    private CheckpointAudit(string path, Genesis genesis, Ed25519PublicKey? logKey, bool isLive, AuditFindings findings)
    {
        (_path, _genesis, _logKey, _findings) = (path, genesis, logKey, findings);
        _store = AuditDatabase.Open(path, AuditSchema.Checkpoints, isLive, findings, Damage);
        if (_store is null)
            return;
        try
        {
            Size = _store.Query("SELECT coalesce(max(size), 0) FROM checkpoints", row => (ulong)row.GetInt64(0)).Single();
            _rows = _store.Query("SELECT size, note FROM checkpoints ORDER BY size", row => ((ulong)row.GetInt64(0), row.GetFieldValue<byte[]>(1))).GetEnumerator();
        }
        catch (SqliteException damage)
        {
            Damage(damage.Message);
        }
        Next();
    }

    /// <summary>The largest size that was published.</summary>
    public ulong Size { get; }

    public static CheckpointAudit Open(string path, Genesis genesis, Ed25519PublicKey? logKey, bool isLive, AuditFindings findings) =>
        new(path, genesis, logKey, isLive, findings);

    /// <summary>The ledger's state after the next block.</summary>
    public void Take(LedgerHead head)
    {
        for (; _hasRow && _rows!.Current.Size <= head.LogSize; Next())
        {
            var (size, note) = _rows.Current;
            if (size < head.LogSize)
                Damage($"there is a checkpoint of size {size}, and no block has a log of that size");
            else if (FindFault(size, head.LogRoot, note) is { } fault)
                Damage($"the checkpoint of size {size}: {fault}");
        }
    }

    /// <summary>Every block was taken.</summary>
    public void End()
    {
        if (_hasRow)
            Damage($"there is a checkpoint of size {_rows!.Current.Size}, beyond the blocks");
    }

    public void Dispose()
    {
        _rows?.Dispose();
        _store?.Dispose();
    }

    private string? FindFault(ulong size, Hash256 root, byte[] bytes)
    {
        try
        {
            var note = SignedNote.Parse(bytes);
            var expected = new Checkpoint(LedgerName.LogOrigin(_genesis.Network), size, root);
            if (!note.TextBytes.SequenceEqual(expected.ToText()))
                return "it does not state this log's origin, its size and the root that the blocks give";
            var validators = _genesis.Validators;
            var cosigners = Enumerable.Range(0, validators.Count)
                .Select(i => NoteVerifierKey.For(validators.CosignerName(i), NoteKeyType.Cosignature, validators.Validators[i].Cosigning));
            var found = note.Verify(_logKey is null ? cosigners : cosigners.Append(NoteVerifierKey.For(expected.Origin, NoteKeyType.Ed25519, _logKey)));
            if (!found.Invalid.IsEmpty)
                return $"the signature of {found.Invalid[0].Name} is not valid";
            if (found.Valid.Count(valid => valid.Key.Type == NoteKeyType.Cosignature) < validators.Quorum)
                return $"fewer than {validators.Quorum} of {validators.Count} validators cosigned it";
            // Whoever published it added the log's own line, and nobody else signs.
            return _logKey is not null && found.Unknown.Length > 0 ? $"it is signed by {found.Unknown[0].Name}, whom nobody here knows" : null;
        }
        catch (MalformedException damage)
        {
            return damage.Message;
        }
    }

    private void Next()
    {
        try
        {
            _hasRow = _rows?.MoveNext() ?? false;
        }
        catch (Exception damage) when (damage is SqliteException or InvalidCastException or InvalidOperationException)
        {
            _hasRow = false;
            Damage($"reading stopped at damage ({damage.Message})");
        }
    }

    private void Damage(string problem) => _findings.Damage(_path, problem, Cure);
}
