using System.Runtime.InteropServices;
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
        // The ledger takes roots from whoever has a key; the log of the network is the one that a validator keeps.
        var keeper = ledger.Validators is { } set && set.IndexOf(root.Recorder) is >= 0 and var place ? set.Validators[place].Name : null;
        checks.Judge(CheckNames.Root, keeper is null ? $"the key {root.Recorder} is none of the network's validators: somebody else's log" : null,
            $"root {root.Number} of the audit log of validator {keeper} with the key {root.Recorder}: " +
            $"{LedgerChecks.Count((long)Math.Min(root.Size, long.MaxValue), "record")} at {LedgerChecks.Time(root.TimeMs)}");
        if (records is null)
            return (ledger, null);
        string? fault = null;
        for (int start = 0, end; start < records.Count && fault is null; start = end)
        {
            for (end = start + 1; end < records.Count && records[end].AuditRecord.Index == records[end - 1].AuditRecord.Index + 1;)
                end++;
            fault = start > 0 && records[start].AuditRecord.Index <= records[start - 1].AuditRecord.Index
                ? $"record {records[start].AuditRecord.Index} comes behind record {records[start - 1].AuditRecord.Index}"
                : FindFault(CollectionsMarshal.AsSpan(records)[start..end], network, root);
        }
        checks.Judge(CheckNames.Records, fault, records.Count == 0
            ? "the file holds none"
            : $"{LedgerChecks.Count(records.Count, "record")} from {records[0].AuditRecord.Index} to {records[^1].AuditRecord.Index}, each in the log of that root as it was written");
        if (records.Count == 0)
        {
            checks.Skip(CheckNames.Completeness, "without a record nothing is claimed of what the log holds");
            return (ledger, new AuditRange(network, root.Recorder.ToString(), null, null, 0, root.Size, IsContiguous: false));
        }
        var (low, high) = (records[0].AuditRecord.Index, records[^1].AuditRecord.Index);
        var (isContiguous, isWhole) = (high - low + 1 == records.Count, low == 0 && (ulong)records.Count == root.Size);
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

    /// <summary>Of a run of records: that each names the one before, and that the tree has exactly these there. Chain and tree cannot tell two stories.</summary>
    private static string? FindFault(ReadOnlySpan<(AuditRecord Record, ExportedRecord Exported)> run, Hash256 network, AuditRoot root)
    {
        var leaves = new List<Hash256>(run.Length);
        for (var i = 0; i < run.Length; i++)
        {
            var (record, exported) = run[i];
            var bytes = Bytes(exported.Record);
            leaves.Add(AuditRecord.LeafHash(bytes));
            if (record.Network != network)
                return $"record {record.Index} is of another network";
            if ((ulong)record.Index >= root.Size)
                return $"record {record.Index} is none of the {root.Size} that the root is over";
            if (i > 0 && i < run.Length - 1 && exported.Proof is not null)
                return $"record {record.Index} has a proof although it stands within a run";
            if (i + 1 < run.Length && run[i + 1].Record.Previous != Hash256.Of(bytes))
                return $"record {record.Index} is not the one that record {run[i + 1].Record.Index} was written behind";
        }
        var (first, last) = (run[0].Record.Index, run[^1].Record.Index);
        if (ReadProof(run[0].Exported) is not { } ofFirst)
            return $"record {first} has no inclusion proof that can be read";
        if (ReadProof(run[^1].Exported) is not { } ofLast)
            return $"record {last} has no inclusion proof that can be read";
        return RangeProof.RootFrom((ulong)first, leaves, root.Size, ofFirst, ofLast) == root.Root ? null
            : first == last ? $"record {first} is not in the log of that root"
            : $"the records from {first} to {last} are not those in the log of that root";
    }

    private static List<Hash256>? ReadProof(ExportedRecord exported)
    {
        if (exported.Proof is not { } hashes || hashes.Length > ProofHashes)
            return null;
        var proof = new List<Hash256>(hashes.Length);
        foreach (var text in hashes)
        {
            if (!Hash256.TryParse(text, out var hash))
                return null;
            proof.Add(hash);
        }
        return proof;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
