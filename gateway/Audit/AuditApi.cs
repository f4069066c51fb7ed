using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Records;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Lists;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Audit;

/// <summary>The audit log: who did what, and the proof that nobody took a line of it out.</summary>
internal static class AuditApi
{
    private const string CsvType = "text/csv; charset=utf-8";
    private const string PdfType = "application/pdf";

    public static void MapAudit(this IEndpointRouteBuilder api)
    {
        var audit = api.MapGroup("/audit").WithTags("Audit").Requires(Permission.ViewAuditLogs);
        audit.MapGet("/events", ListAsync).Fails(ErrorTable.BadFormat, ErrorTable.OutOfRange);
        audit.MapGet("/events/{index}", GetAsync).Fails(ErrorTable.BadFormat, ErrorTable.NotFound);
        audit.MapGet("/checkpoint", CheckpointAsync);
        audit.MapGet("/export", ExportAsync).Audits(AuditKind.DataAccess, "audit_exported", "audit").ProducesBytes(ContentTypes.Json)
            .Fails(ErrorTable.BadFormat, ErrorTable.OutOfRange, ErrorTable.NotAnchoredYet, ErrorTable.AuditUnavailable, ErrorTable.ChainUnavailable, ErrorTable.LedgerDamaged);
    }

    /// <summary>Search the audit log</summary>
    /// <remarks>
    /// Newest first. A request reads at most 20,000 records: a page may be short, or empty, with a next_cursor from where to go on.
    /// </remarks>
    /// <param name="limit">Records on a page.</param>
    /// <param name="kind">Only those of that kind.</param>
    /// <param name="actor">Only those of that user.</param>
    /// <param name="resource">Only those about it, such as session/0190…, or session for all.</param>
    /// <param name="outcome">Only those that came to that.</param>
    /// <param name="from">Not earlier than this.</param>
    /// <param name="to">Not later than this.</param>
    /// <param name="q">Only those with all of these words in any field.</param>
    /// <param name="cursor">The next_cursor of the page before.</param>
    internal static async Task<Ok<AuditEventList>> ListAsync(
        AuditScan scan, CancellationToken cancellation, [Range(1, Paging.MaxLimit)] int limit = Paging.DefaultLimit,
        string? kind = null, string? actor = null, string? resource = null, [AllowedValues("begun", "success", "refused", "failed")] string? outcome = null,
        DateTimeOffset? from = null, DateTimeOffset? to = null, [StringLength(SearchText.MaxLength, MinimumLength = 1)] string? q = null,
        [StringLength(19, MinimumLength = 1)] string? cursor = null)
    {
        Paging.Check(1, limit);
        var filter = AuditFilter.Of(new AuditQuery(kind, actor, resource, outcome, from, to, q));
        var found = await scan.FindAsync(filter, ReadCursor(cursor), limit, cancellation);
        return TypedResults.Ok(new AuditEventList(
            [.. found.Records.Select(AuditEventView.Of)],
            new Pagination(null, limit, null, null) { NextCursor = found.Next?.ToString(CultureInfo.InvariantCulture) }));
    }

    /// <summary>Get a record with its proof</summary>
    /// <param name="index">Its place in the log, from 0.</param>
    internal static async Task<Ok<AuditEventProof>> GetAsync(long index, AuditScan scan, IGrains grains, GatewayOptions options)
    {
        var log = grains.Get<IAuditGrain>(options.Ledger);
        if (index < 0 || await scan.GetAsync(index) is not { } stored)
            throw new ApiException(ErrorTable.NotFound, $"The audit log has no record {index}.");
        var head = await log.HeadAsync();
        var inclusion = RootOf(head) is { } root && await log.ProveAsync(index, (long)root.Size) is { } proof ? new AuditInclusion(proof.Size, root.Root, proof.Hashes) : null;
        return TypedResults.Ok(new AuditEventProof(AuditEventView.Of(stored), Encoding.UTF8.GetString(stored.Bytes), inclusion));
    }

    /// <summary>See how far the audit log is anchored</summary>
    /// <remarks>Its root goes into the ledger with every block after which it has grown.</remarks>
    internal static async Task<Ok<AuditCheckpoint>> CheckpointAsync(IGrains grains, GatewayOptions options)
    {
        var head = await grains.Get<IAuditGrain>(options.Ledger).HeadAsync();
        return TypedResults.Ok(AuditCheckpoint.Of(head, RootOf(head)));
    }

    /// <summary>Export the audit log</summary>
    /// <remarks>
    /// As JSON it proves itself, and lucid verify checks it offline: what the ledger covers already, at most 50,000 records. As CSV or PDF it is for
    /// people, at most 10,000 records, and proves nothing. Filters are those of the search. Exporting is recorded, too.
    /// </remarks>
    /// <param name="format">json, csv or pdf.</param>
    /// <param name="first">The index to begin with.</param>
    /// <param name="kind">Only those of that kind.</param>
    /// <param name="actor">Only those of that user.</param>
    /// <param name="resource">Only those about it, such as session/0190…, or session for all.</param>
    /// <param name="outcome">Only those that came to that.</param>
    /// <param name="from">Not earlier than this.</param>
    /// <param name="to">Not later than this.</param>
    /// <param name="q">Only those with all of these words in any field.</param>
    internal static async Task<FileContentHttpResult> ExportAsync(
        AuditExporter exporter, HttpContext context, CancellationToken cancellation, [AllowedValues("json", "csv", "pdf")] string format = "json",
        [Range(0, long.MaxValue)] long first = 0, string? kind = null, string? actor = null, string? resource = null,
        [AllowedValues("begun", "success", "refused", "failed")] string? outcome = null, DateTimeOffset? from = null, DateTimeOffset? to = null,
        [StringLength(SearchText.MaxLength, MinimumLength = 1)] string? q = null)
    {
        var filter = AuditFilter.Of(new AuditQuery(kind, actor, resource, outcome, from, to, q));
        if (first < 0)
            throw new ApiException(ErrorTable.OutOfRange, $"first is {first}; records are counted from 0.");
        if (format is not ("json" or "csv" or "pdf"))
            throw new ApiException(ErrorTable.OutOfRange, $"format: '{format}' is none of json, csv, pdf.");
        context.Note("format", format);
        context.Response.Headers.CacheControl = "no-store";
        if (format == "json")
            return File(await exporter.ProvableAsync(filter, first, cancellation), ContentTypes.Json);
        var (records, head) = await exporter.ListAsync(filter, first, cancellation);
        return format == "csv"
            ? File(AuditCsv.Write(records), CsvType)
            : File(AuditPdf.Write(records, $"Lucid audit log of {records.Select(one => one.Record.Network.ToString()).FirstOrDefault("no network")}: {records.Length} of {head.Size} records"), PdfType);

        FileContentHttpResult File(byte[] bytes, string type) => TypedResults.Bytes(bytes, type, $"audit.{format}");
    }

    private static AuditRoot? RootOf(AuditHead head) => head.Root is { } bytes ? (AuditRoot)LogEntry.Parse(bytes) : null;

    private static long? ReadCursor(string? cursor) =>
        cursor is null ? null
        : long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place
        : throw ListCursor.Malformed("it is no place in the audit log");
}
