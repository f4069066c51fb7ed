using System.ComponentModel.DataAnnotations;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Access;
using Lucid.Gateway.Anchoring;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Sessions;

/// <summary>What a session leaves behind: its manifest, leaves, proofs and bytes.</summary>
internal static class RecordingApi
{
    // A header has to stay short; the log names each of them as it is found.
    private const int MaxSkippedNamed = 500;

    public static void MapRecordings(this IEndpointRouteBuilder api)
    {
        var session = api.MapGroup("/sessions/{id}").WithTags("Recordings").Requires(Permission.ViewOwnSessions, orSessionToken: true).Fails(ErrorTable.BadUuid, ErrorTable.NotFound);
        session.MapGet("/manifest", ManifestAsync).ProducesBytes(ContentTypes.Json).Fails(ErrorTable.SessionState);
        session.MapGet("/manifest/signature", SignatureAsync).ProducesText().Fails(ErrorTable.SessionState);
        session.MapGet("/leaves", LeavesAsync).ProducesText();
        session.MapGet("/receipt", ReceiptAsync).ProducesText().Fails(ErrorTable.NotAnchoredYet, ErrorTable.LedgerDamaged);
        session.MapGet("/evidence", EvidenceAsync).Audits(AuditKind.DataAccess, "session_export", "session", AuditTiming.After).Needs(DiskOf.SessionsRecorderIfFull).ProducesBytes(ContentTypes.Zip)
            .Fails(ErrorTable.BadFormat, ErrorTable.NotAnchoredYet, ErrorTable.KeyErased, ErrorTable.ChunkDamaged, ErrorTable.ChainUnavailable, ErrorTable.LedgerDamaged, ErrorTable.RecorderBusy);
        session.MapGet("/playback", PlaybackAsync).Audits(AuditKind.DataAccess, "session_play", "session").Needs(DiskOf.SessionsRecorder).ProducesBytes().Fails(
            ErrorTable.OutOfRange, ErrorTable.KeyErased, ErrorTable.KeyDamaged, ErrorTable.ChunkDamaged, ErrorTable.RangeNotSatisfiable, ErrorTable.RecorderBusy);
        session.MapGet("/key", KeyAsync).Audits(AuditKind.DataAccess, "session_key_export", "session", severity: AuditSeverity.Warning).Needs(DiskOf.SessionsRecorder).ProducesText().Fails(ErrorTable.KeyErased, ErrorTable.KeyDamaged);
        session.MapGet("/pipeline", PipelineAsync).Needs(DiskOf.SessionsRecorder);
    }

    /// <summary>Read the manifest</summary>
    /// <remarks>The exact bytes whose SHA-256 is anchored.</remarks>
    internal static async Task<FileContentHttpResult> ManifestAsync(Guid id, HttpContext context, IGrains grains) =>
        TypedResults.Bytes((await grains.Session(id).ManifestAsync(context.Caller())).Manifest, ContentTypes.Json);

    /// <summary>Read the manifest's signature</summary>
    /// <remarks>A signed note by the recorder over the manifest's SHA-256.</remarks>
    internal static async Task<ContentHttpResult> SignatureAsync(Guid id, HttpContext context, IGrains grains) =>
        TypedResults.Text((await grains.Session(id).ManifestAsync(context.Caller())).Signature, ContentTypes.Text);

    /// <summary>Read the leaves</summary>
    /// <remarks>Their exact bytes in order: what the session's Merkle root is over.</remarks>
    internal static async Task LeavesAsync(Guid id, IGrains grains, HttpContext context)
    {
        await using var leaves = LeafPages.ReadAsync(grains.Session(id), context.Caller(), context.RequestAborted).GetAsyncEnumerator();
        // The first one before the answer begins, so that a session that does not exist is still a 404.
        var more = await leaves.MoveNextAsync();
        context.Response.ContentType = ContentTypes.Text;
        for (; more; more = await leaves.MoveNextAsync())
            await context.Response.Body.WriteAsync(leaves.Current, context.RequestAborted);
    }

    /// <summary>Read the session's receipt</summary>
    /// <remarks>A C2SP tlog-proof: where the log holds the session's anchor, under a checkpoint cosigned by more than two thirds of the validators.</remarks>
    /// <param name="renew">Under the newest checkpoint, instead of the first one that covers the session.</param>
    internal static async Task<ContentHttpResult> ReceiptAsync(Guid id, HttpContext context, IGrains grains, GatewayOptions options, bool renew = false) =>
        TypedResults.Text((await SessionProof.RequireAsync(context.Caller(), id, grains, options, renew)).Receipt.Proof, ContentTypes.Text);

    /// <summary>Download the session's evidence file</summary>
    /// <remarks>
    /// What lucid verify checks offline. Never with a key. Each chunk is held against its leaf before it is sent: one that is found damaged
    /// when the answer has begun ends the connection, and the next request names it.
    /// </remarks>
    /// <param name="full">With the ciphertext of every chunk.</param>
    /// <param name="renew">Under the newest checkpoint, instead of the first one that covers the session.</param>
    /// <param name="skip_damaged">Without the ciphertext of damaged chunks, which the header Lucid-Skipped-Chunks names. Their leaves stay.</param>
    internal static async Task EvidenceAsync(
        Guid id, EvidenceExport export, HttpContext context, bool full = false, bool renew = false, bool skip_damaged = false)
    {
        var (plan, skipped) = await export.PlanAsync(context.Caller(), id, full, renew, skip_damaged, context.RequestAborted);
        var response = context.Response;
        SaySkipped(response, skipped);
        response.ContentType = ContentTypes.Zip;
        response.ContentLength = plan.TotalLength;
        response.Headers.ContentDisposition = $"attachment; filename={id:D}.lucid";
        await export.WriteAsync(plan, context.Caller(), id, response.Body, context.RequestAborted);
    }

    /// <summary>Play a track back</summary>
    /// <remarks>The plaintext of all its chunks in a row. Gaps have no bytes. Ranges are served, and nothing before them is decrypted.</remarks>
    /// <param name="track">0 the picture or bytes, 1 events, …</param>
    /// <param name="skip_damaged">Without damaged chunks, as if they were gaps; the header Lucid-Skipped-Chunks names them.</param>
    internal static async Task<FileStreamHttpResult> PlaybackAsync(
        Guid id, HttpContext context, IGrains grains, IRecorder recorder, CancellationToken cancellation,
        [Range(0, SessionLimits.MaxTrack)] int track = 0, bool skip_damaged = false)
    {
        var view = await grains.Session(id).RequireAsync(context.Caller(), SessionRight.Play, track);
        var info = view.Tracks.FirstOrDefault(one => one.Track == track) ??
            throw new ApiException(ErrorTable.OutOfRange, $"track: the session has no track {track}, only {string.Join(", ", view.Tracks.Select(one => one.Track))}.");
        var playback = await recorder.OpenPlaintextAsync(context.Caller(), id, track, skip_damaged, cancellation);
        Conceal(context.Response);
        SaySkipped(context.Response, playback.Skipped);
        return TypedResults.Stream(playback.Plaintext, info.MediaType, enableRangeProcessing: true);
    }

    /// <summary>Read the session's key file</summary>
    /// <remarks>Whoever holds it can read the recording. The evidence file alone never decrypts.</remarks>
    internal static async Task<FileContentHttpResult> KeyAsync(Guid id, HttpContext context, IGrains grains, IRecorder recorder, CancellationToken cancellation)
    {
        await grains.Session(id).RequireAsync(context.Caller(), SessionRight.TakeKey);
        Conceal(context.Response);
        return TypedResults.Bytes(await recorder.ExportKeyAsync(id, cancellation), ContentTypes.Text);
    }

    /// <summary>See how far the session's chunks have come</summary>
    /// <remarks>Counted on this recorder since it started.</remarks>
    internal static async Task<Ok<PipelineState>> PipelineAsync(Guid id, HttpContext context, IGrains grains, IRecorder recorder)
    {
        await grains.Session(id).GetAsync(context.Caller());
        return TypedResults.Ok(PipelineState.Of(id, recorder.Pipeline(id)));
    }

    private static void SaySkipped(HttpResponse response, IReadOnlyCollection<ulong> skipped)
    {
        if (skipped.Count > 0)
            response.Headers["Lucid-Skipped-Chunks"] = string.Join(',', skipped.Take(MaxSkippedNamed)) + (skipped.Count > MaxSkippedNamed ? ",…" : "");
    }

    /// <summary>Plaintext and keys are for the one who asked: not for a cache, and what was recorded must not run in a browser.</summary>
    private static void Conceal(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = "sandbox";
    }
}
