using System.Text.Json;
using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.Grains.Audit;

namespace Lucid.Silo.Audit;

/// <summary>The audit log in the grain store: its records by themselves, and against the roots that the ledger has of it.</summary>
/// <param name="damaged">Told what is wrong with it.</param>
internal sealed class AuditLogs(bool isLive, Action<string> damaged)
{
    // By whoever states its roots: the leaf of each record. Null where the store could not be read.
    private Dictionary<Ed25519PublicKey, List<Hash256>>? _logs;

    public void Read(SqliteGrainReader grains)
    {
        _logs = [];
        foreach (var row in grains.Grains("audit"))
        {
            try
            {
                var state = row.State is { } json ? JsonSerializer.Deserialize<AuditState>(json, GrainJsonStrict.Options)! : new AuditState();
                var leaves = ReadRecords(grains, row, state);
                CheckTiles(grains, row, leaves);
                if (state.Recorder is { } keeper)
                    _logs[keeper] = leaves;
            }
            catch (Exception damage) when (damage is JsonException or MalformedException or FormatException or ArgumentException)
            {
                damaged($"the audit log of {row.Key} cannot be read ({damage.Message})");
            }
        }
    }

    /// <summary>Every block was taken.</summary>
    /// <param name="self">Who states the roots of the log that is here.</param>
    /// <param name="newest">The newest root of each log that the ledger has.</param>
    public void Check(Ed25519PublicKey? self, IEnumerable<AuditRoot> newest)
    {
        if (_logs is null || newest.FirstOrDefault(root => root.Recorder.Equals(self)) is not { } last)
            return;
        var leaves = _logs.GetValueOrDefault(last.Recorder) ?? [];
        if ((ulong)leaves.Count < last.Size)
        {
            // A running node goes on after the store was read.
            if (!isLive)
                damaged($"the audit log has {leaves.Count} records, and the ledger has its root {last.Number} over {last.Size}");
        }
        else if (RootOf(leaves.Take((int)last.Size)) != last.Root)
        {
            damaged($"the audit log's first {last.Size} records are not those of root {last.Number}, which the ledger has");
        }
    }

    private List<Hash256> ReadRecords(SqliteGrainReader grains, StoredGrainRow row, AuditState state)
    {
        var leaves = new List<Hash256>();
        var previous = Hash256.Zero;
        foreach (var json in grains.Journal(row, "records"))
        {
            var bytes = JsonSerializer.Deserialize<AuditRow>(json, GrainJsonStrict.Options)!.Record;
            var record = AuditRecord.Parse(bytes);
            if (record.Index != leaves.Count || record.Network != state.Network || record.Previous != previous)
                damaged($"record {leaves.Count} of the audit log of {row.Key} does not go on from the one before it");
            previous = Hash256.Of(bytes);
            leaves.Add(AuditRecord.LeafHash(bytes));
        }
        return leaves;
    }

    private void CheckTiles(SqliteGrainReader grains, StoredGrainRow row, List<Hash256> leaves)
    {
        var first = 0;
        foreach (var json in grains.Journal(row, "tiles"))
        {
            if (RootOf(leaves.Skip(first).Take(AuditTile.Records)) != JsonSerializer.Deserialize<AuditTile>(json, GrainJsonStrict.Options)!.Root)
                damaged($"records {first} to {first + AuditTile.Records - 1} of the audit log of {row.Key} are not what its tile was made of");
            first += AuditTile.Records;
        }
    }

    private static Hash256 RootOf(IEnumerable<Hash256> leaves)
    {
        var tree = new MerkleFrontier();
        foreach (var leaf in leaves)
            tree.Append(leaf);
        return tree.Root();
    }
}
