using System.Text;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Verification;

/// <summary>
/// Verifies an audit export offline, as <see cref="EvidenceVerifier"/> does an evidence file: that each record is in the log whose root the
/// ledger has, and, where the records are without a hole, that none in between was left out.
/// </summary>
public static class AuditVerifier
{
    private const int ProofHashes = 64;

    /// <summary>Whether a file that begins so is an audit export.</summary>
    /// <param name="first">As many bytes as <see cref="AuditExport.Start"/> has, or all there are.</param>
    public static bool IsExport(ReadOnlySpan<byte> first) => first.Length > 0 && first.StartsWith("{\"lucid_audit_export\":"u8);

    /// <param name="file">The whole file.</param>
    /// <param name="trusted">The validator sets to believe.</param>
    public static VerificationReport Verify(ReadOnlyMemory<byte> file, TrustedValidators trusted)
    {
        var checks = new CheckList(CheckNames.OfAuditExport);
        var export = checks.Parse(CheckNames.File, "the file", () => AuditExport.Parse(file.Span));
        AuditRoot? root = null;
        LedgerChecks? ledger = null;
        AuditRange? range = null;
        if (export is not null)
        {
            checks.Pass(CheckNames.File, $"{LedgerChecks.Count(export.Records.Length, "record")}; every byte is as it was written");
            root = checks.Parse(CheckNames.Root, "root", () => LogEntry.Parse(Bytes(export.Root)) as AuditRoot ??
                throw new MalformedException("root", "it is another kind of entry"));
            if (root is not null)
                (ledger, range) = Verify(checks, export, root, trusted);
        }
        var (verdict, summary) = checks.Conclude(readable: export is not null && root is not null, CheckNames.OfAuditExport);
        return new VerificationReport
        {
            Verdict = verdict,
            Summary = summary,
            Checks = checks.ToImmutable(),
            Audit = range,
            Block = ledger?.Block,
            LogIndex = ledger?.Receipt?.Index,
            Validators = ledger?.Validators,
        };
    }

    private static (LedgerChecks Ledger, AuditRange? Range) Verify(CheckList checks, AuditExport export, AuditRoot root, TrustedValidators trusted)
    {
        var parts = new LedgerParts(Bytes(export.Receipt), Bytes(export.Block), Bytes(export.Certificate), Bytes(export.Validators));
        var block = checks.Parse(CheckNames.Checkpoint, "block", () => BlockHeader.Parse(parts.Block.Span));
        var records = checks.Parse(CheckNames.Records, "records", () => export.Records.Select(one => (AuditRecord: AuditRecord.Parse(Bytes(one.Record)), one)).ToList());
        var network = records is [var first, ..] ? first.AuditRecord.Network : block?.Network ?? Hash256.Zero;
        var ledger = new LedgerChecks(checks, network, "records", root.Hash(), "the log's root", parts, trusted);
        ledger.Run();
        var keeper = ledger.Validators is { } set && set.IndexOf(root.Recorder) is >= 0 and var place ? $"validator {set.Validators[place].Name}" : "a node";
        checks.Pass(CheckNames.Root, $"root {root.Number} of the audit log of {keeper} with the key {root.Recorder}: " +
            $"{LedgerChecks.Count((long)Math.Min(root.Size, long.MaxValue), "record")} at {LedgerChecks.Time(root.TimeMs)}");
        if (records is null)
            return (ledger, null);
        string? fault = null;
        for (var i = 0; i < records.Count && fault is null; i++)
            fault = FindFault(records[i].AuditRecord, records[i].one, i + 1 < records.Count ? records[i + 1].AuditRecord : null, network, root);
        var isWhole = records.Count > 0 && records[0].AuditRecord.Index == 0 && (ulong)records.Count == root.Size;
        // Where all are at hand the root is made anew, so that chain and tree cannot tell two stories.
        if (fault is null && isWhole && RootOf(export) is var made && made != root.Root)
            fault = $"the records have the root {made}, and the ledger has {root.Root}";
        checks.Judge(CheckNames.Records, fault, records.Count == 0
            ? "the file holds none"
            : $"{LedgerChecks.Count(records.Count, "record")} from {records[0].AuditRecord.Index} to {records[^1].AuditRecord.Index}, each in the log of that root as it was written");
        if (records.Count == 0)
        {
            checks.Skip(CheckNames.Completeness, "without a record nothing is claimed of what the log holds");
            return (ledger, new AuditRange(network, root.Recorder.ToString(), null, null, 0, root.Size, IsContiguous: false));
        }
        var (low, high) = (records[0].AuditRecord.Index, records[^1].AuditRecord.Index);
        var isContiguous = high - low + 1 == records.Count;
        if (isContiguous)
        {
            checks.Pass(CheckNames.Completeness, isWhole
                ? "the whole log up to that root: none is missing"
                : $"every record from {low} to {high}: none in between is missing");
        }
        else
            checks.Skip(CheckNames.Completeness, "a selection: each record is proved, and not that these are all");
        return (ledger, new AuditRange(network, root.Recorder.ToString(), low, high, records.Count, root.Size, isContiguous));
    }

    private static string? FindFault(AuditRecord record, ExportedRecord exported, AuditRecord? next, Hash256 network, AuditRoot root)
    {
        var bytes = Bytes(exported.Record);
        if (record.Network != network)
            return $"record {record.Index} is of another network";
        if ((ulong)record.Index >= root.Size)
            return $"record {record.Index} is none of the {root.Size} that the root is over";
        if (next is not null && next.Index <= record.Index)
            return $"record {next.Index} comes behind record {record.Index}";
        if (next is not null && next.Index == record.Index + 1)
        {
            // The next one is proved in its turn, by its own successor or by an inclusion proof.
            return exported.Proof is not null ? $"record {record.Index} has a proof although the next record follows it"
                : next.Previous != Hash256.Of(bytes) ? $"record {record.Index} is not the one that record {next.Index} was written behind"
                : null;
        }
        if (exported.Proof is not { } hashes || hashes.Length > ProofHashes)
            return $"record {record.Index} has no inclusion proof";
        var proof = new List<Hash256>();
        foreach (var text in hashes)
        {
            if (!Hash256.TryParse(text, out var hash))
                return $"the inclusion proof of record {record.Index} is malformed";
            proof.Add(hash);
        }
        return InclusionProof.Verify((ulong)record.Index, root.Size, AuditRecord.LeafHash(bytes), proof, root.Root)
            ? null
            : $"record {record.Index} is not in the log of that root";
    }

    private static Hash256 RootOf(AuditExport export)
    {
        var tree = new MerkleFrontier();
        foreach (var one in export.Records)
            tree.Append(AuditRecord.LeafHash(Bytes(one.Record)));
        return tree.Root();
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
