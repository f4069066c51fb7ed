using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.Gateway.Chain;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Sessions;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Gateway.Audit;

/// <summary>Makes files of the audit log: JSON that proves itself, and CSV and PDF for people to read.</summary>
internal sealed class AuditExporter(IGrains grains, AuditScan scan, GatewayOptions options)
{
    /// <summary>Records in a CSV or PDF file at most.</summary>
    public const int MaxListed = 10_000;

    private IAuditGrain Log => grains.Get<IAuditGrain>(options.Ledger);

    /// <summary>The file that `lucid verify` takes: of what the ledger covers.</summary>
    /// <exception cref="ApiException">The ledger has no root yet, or there are too many records.</exception>
    public async Task<byte[]> ProvableAsync(AuditFilter filter, long from, CancellationToken cancellation)
    {
        var head = await Log.HeadAsync();
        if (head.Root is not { } bytes)
            throw new ApiException(ErrorTable.NotAnchoredYet, head.Waiting ?? "The ledger has no root of the audit log yet.", retryAfter: options.BlockInterval);
        var root = (AuditRoot)LogEntry.Parse(bytes);
        var receipt = await grains.Get<ILogGrain>(options.Ledger).ReceiptAsync(new EntryKey(root.Session, root.Recorder, LedgerEntryKind.AuditRoot)) ??
            throw new ApiException(ErrorTable.NotAnchoredYet, "The ledger has no receipt of the audit log's root yet.", retryAfter: options.BlockInterval);
        var records = await SelectAsync(filter, from, (long)root.Size, AuditExport.MaxRecords, cancellation);
        var exported = ImmutableArray.CreateBuilder<ExportedRecord>(records.Length);
        for (var i = 0; i < records.Length; i++)
        {
            var index = records[i].Record.Index;
            var isWithin = i > 0 && records[i - 1].Record.Index == index - 1 && i + 1 < records.Length && records[i + 1].Record.Index == index + 1;
            exported.Add(new ExportedRecord(Encoding.UTF8.GetString(records[i].Bytes), isWithin ? null : await ProveAsync(index, root)));
        }
        var validators = await EvidenceExport.ValidatorsOfAsync(grains.Chain(options), receipt.Block);
        return new AuditExport(
            Encoding.UTF8.GetString(bytes), receipt.Proof, Encoding.UTF8.GetString(receipt.Block.Header), Encoding.UTF8.GetString(receipt.Block.Certificate),
            Encoding.UTF8.GetString(validators), exported.MoveToImmutable()).Encode();
    }

    /// <summary>Records for a file that people read, those that are not anchored yet too.</summary>
    /// <exception cref="ApiException">There are too many.</exception>
    public async Task<(ImmutableArray<StoredRecord> Records, AuditHead Head)> ListAsync(AuditFilter filter, long from, CancellationToken cancellation)
    {
        var head = await Log.HeadAsync();
        return (await SelectAsync(filter, from, head.Size, MaxListed, cancellation), head);
    }

    private async Task<ImmutableArray<StoredRecord>> SelectAsync(AuditFilter filter, long from, long size, int most, CancellationToken cancellation) =>
        await scan.SelectAsync(filter, from, size, most, cancellation) ??
        throw new ApiException(ErrorTable.OutOfRange, $"More than {most} records are asked for: narrow it with from and to, or begin with a later first.");

    private async Task<ImmutableArray<string>> ProveAsync(long index, AuditRoot root) =>
        await Log.ProveAsync(index, (long)root.Size) is { } proof
            ? [.. proof.Hashes.Select(hash => hash.ToString())]
            : throw new ApiException(ErrorTable.Internal);
}
