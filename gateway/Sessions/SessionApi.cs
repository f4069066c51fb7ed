using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Access;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Idempotency;
using Lucid.Gateway.Limits;
using Lucid.Gateway.Preconditions;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Lists;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Sessions;

/// <summary>Sessions and their lifecycle.</summary>
internal static class SessionApi
{
    public static void MapSessions(this IEndpointRouteBuilder api)
    {
        var sessions = api.MapGroup("/sessions").WithTags("Sessions");
        sessions.MapPost("", CreateAsync).Requires(Permission.CreateSession).Audits(AuditKind.SessionManagement, "session_create", "session", AuditTiming.After).LimitedTo(RateLimit.CreateSession).AcceptsSmallJson().TakesIdempotencyKey()
            .Fails(ErrorTable.OutOfRange, ErrorTable.NoRoom, ErrorTable.NotFound, ErrorTable.PolicyState);
        sessions.MapGet("", ListAsync).Requires(Permission.ViewOwnSessions).Fails(ErrorTable.BadFormat, ErrorTable.OutOfRange);
        sessions.MapGet("/statistics", AddUpAsync).Requires(Permission.ViewOwnSessions);

        var one = sessions.MapGroup("/{id}").Fails(ErrorTable.BadUuid, ErrorTable.NotFound);
        one.MapGet("", GetAsync).Requires(Permission.ViewOwnSessions, orSessionToken: true);
        one.MapPut("", ChangeAsync).Requires(Permission.CreateSession).Audits(AuditKind.SessionManagement, "session_change", "session").AcceptsSmallJson()
            .TakesIfMatch((context, grains) => grains.Session(Guid.Parse((string)context.GetRouteValue("id")!)).GetAsync(context.Caller()))
            .Fails(ErrorTable.OutOfRange, ErrorTable.SessionState, ErrorTable.ApprovalNeeded);
        one.MapDelete("", EraseAsync).Requires(Permission.DeleteOwnSessions).Audits(AuditKind.SessionManagement, "session_erase", "session", severity: AuditSeverity.Warning).Fails(ErrorTable.SessionState);

        var lease = one.MapGroup("").WithMetadata(LeaseHeader.Required).Requires(Permission.CreateSession, orSessionToken: true)
            .Fails(ErrorTable.MissingField, ErrorTable.BadFormat, ErrorTable.Fenced, ErrorTable.SessionState);
        lease.MapPost("/heartbeat", HeartbeatAsync);
        lease.MapPost("/pause", PauseAsync).Audits(AuditKind.SessionManagement, "session_pause", "session", AuditTiming.After);
        lease.MapPost("/stop", StopAsync).Audits(AuditKind.SessionManagement, "session_stop", "session", AuditTiming.After).Fails(ErrorTable.SessionHoles);
        one.MapPost("/resume", ResumeAsync).Audits(AuditKind.SessionManagement, "session_resume", "session", AuditTiming.After).Requires(Permission.CreateSession, orSessionToken: true).Produces<SessionView>(StatusCodes.Status201Created).Fails(ErrorTable.SessionState, ErrorTable.NoRoom);
        one.MapPost("/recover", RecoverAsync).Audits(AuditKind.SessionManagement, "session_recover", "session", AuditTiming.After).Requires(Permission.CreateSession, orSessionToken: true).Fails(ErrorTable.SessionState);
    }

    /// <summary>Create a session</summary>
    /// <remarks>Answers the session with its first lease, which chunks, heartbeats, pause and stop carry.</remarks>
    internal static async Task<Created<SessionView>> CreateAsync(
        CreateSessionBody body, HttpContext context, IGrains grains, RecorderChoice recorders, TimeProvider clock, CancellationToken cancellation)
    {
        var caller = context.Caller();
        // Else anybody's manifest could say that it goes on with somebody else's recording.
        if (body.Continues is { } before)
            await grains.Session(before).RequireAsync(caller, SessionRight.Record);
        var view = await recorders.CreateAsync(
            recorder => grains.Session(context.NewId(clock, recorder)).CreateAsync(caller, body.ToRequest(caller.Subject, recorder)),
            cancellation,
            context.IsRepeated() ? recorder => ExistsAsync(grains.Session(context.NewId(clock, recorder)), caller) : null);
        context.NoteResource($"session/{view.SessionId:D}");
        return TypedResults.Created(Address(view.SessionId), view);
    }

    /// <summary>List sessions</summary>
    /// <remarks>
    /// By number with page, or from where the last answer ended with cursor, which costs the same however far it is and neither repeats nor
    /// misses a session while others are added. Each answer but the last one has a next_cursor; send it with the same sort, status, owner, shared and q.
    /// </remarks>
    /// <param name="page">From 1, which is what is answered without page and cursor.</param>
    /// <param name="limit">Sessions on a page.</param>
    /// <param name="status">Only those in that state.</param>
    /// <param name="sort">Newest first, or by name from A.</param>
    /// <param name="owner">Only those of that user. Without it your own; for administrators, everybody's.</param>
    /// <param name="q">Only those with all of these words in name, description, owner and names of tracks. Case and accents do not matter, and of the last word the beginning is enough.</param>
    /// <param name="cursor">The next_cursor of the page before. Not together with page.</param>
    /// <param name="shared">Only those that others share with you, until their shares expire. Each is asked: one that you may not see after all is left out, and the page is shorter.</param>
    internal static async Task<Ok<SessionList>> ListAsync(
        ISessionDirectory directory, HttpContext context, IGrains grains, CancellationToken cancellation,
        [Range(1, Paging.MaxPage)] int? page = null, [Range(1, Paging.MaxLimit)] int limit = Paging.DefaultLimit,
        [AllowedValues("created", "recording", "paused", "sealing", "anchoring", "anchored", "failed", "erased")] string? status = null,
        [AllowedValues("created_at", "updated_at", "name")] string sort = "created_at", string? owner = null,
        [StringLength(SearchText.MaxLength, MinimumLength = 1)] string? q = null, [StringLength(ListCursor.MaxLength, MinimumLength = 1)] string? cursor = null, bool shared = false)
    {
        Paging.Check(page ?? 1, limit);
        if (sort is not ("created_at" or "updated_at" or "name"))
            throw new ApiException(ErrorTable.OutOfRange, $"sort: '{sort}' is not one of created_at, updated_at, name.");
        Paging.CheckSearch(q);
        var caller = context.Caller();
        // Whose sessions are shared with one, one may ask: they are those that one may see.
        var query = new SessionListQuery(page ?? 1, limit, ReadStatus(status), sort, !shared ? OwnerFor(caller, owner) : string.IsNullOrEmpty(owner) ? null : owner)
        {
            Search = q,
            SharedWith = shared ? caller.Subject : null,
            After = Paging.After(cursor, page, sort, id => Guid.TryParseExact(id, "D", out var session) && session.ToString("D") == id),
        };
        var found = await directory.ListAsync(query, cancellation);
        var sessions = shared ? [.. (await Task.WhenAll(found.Sessions.Select(session => FindAsync(grains.Session(session.SessionId), caller)))).OfType<SessionView>()] : found.Sessions;
        return TypedResults.Ok(new SessionList(sessions, Pagination.Of(query.Page, limit, found.Total, found.Next)));
    }

    /// <summary>Add sessions up</summary>
    /// <remarks>As the list tells them: how many there are in each state, and the sums of their counts.</remarks>
    /// <param name="owner">Those of that user. Without it your own; for administrators, everybody's.</param>
    internal static async Task<Ok<SessionStatistics>> AddUpAsync(ISessionDirectory directory, HttpContext context, CancellationToken cancellation, string? owner = null) =>
        TypedResults.Ok(await directory.AddUpAsync(OwnerFor(context.Caller(), owner), cancellation));

    /// <summary>Get a session</summary>
    internal static async Task<Tagged<SessionView>> GetAsync(Guid id, HttpContext context, IGrains grains) =>
        new(await grains.Session(id).GetAsync(context.Caller()));

    /// <summary>Change a session</summary>
    /// <remarks>
    /// What is left out stays as it is. Name, description and retention may change at any time, the idle limit while the session is open, and names and media types of tracks until
    /// the manifest is sealed, which names them.
    /// </remarks>
    internal static async Task<Tagged<SessionView>> ChangeAsync(Guid id, ChangeSessionBody body, HttpContext context, IGrains grains)
    {
        var change = body.ToChange();
        context.Note("fields", body.Fields());
        return new(await grains.Session(id).ChangeAsync(context.Caller(), change));
    }

    /// <summary>Erase a session</summary>
    /// <remarks>Destroys every wrapper of its key and then its ciphertext. Manifest, leaves and anchor stay, and a signed erasure record is anchored.</remarks>
    internal static async Task<Ok<SessionView>> EraseAsync(Guid id, HttpContext context, IGrains grains) =>
        TypedResults.Ok(await grains.Session(id).EraseAsync(context.Caller()));

    /// <summary>Tell that the recording side is alive</summary>
    /// <remarks>Every 15 s while no chunk comes. A session without either for its idle limit closes as interrupted.</remarks>
    internal static async Task<NoContent> HeartbeatAsync(Guid id, IGrains grains, HttpContext context)
    {
        await grains.Session(id).HeartbeatAsync(context.Caller(), ChunkHeaders.ReadLease(context.Request.Headers));
        return TypedResults.NoContent();
    }

    /// <summary>Pause recording</summary>
    /// <remarks>The time until resume becomes a gap with the cause paused.</remarks>
    internal static async Task<Ok<SessionView>> PauseAsync(Guid id, IGrains grains, HttpContext context) =>
        TypedResults.Ok(await grains.Session(id).PauseAsync(context.Caller(), ChunkHeaders.ReadLease(context.Request.Headers)));

    /// <summary>Resume a session, or take it over</summary>
    /// <remarks>
    /// Answers a new lease, which fences every older one. A session that was closed as interrupted is continued by a new one: 201, and
    /// Location names it.
    /// </remarks>
    internal static async Task<Results<Ok<SessionView>, Created<SessionView>>> ResumeAsync(Guid id, HttpContext context, IGrains grains, TimeProvider clock)
    {
        var view = await grains.Session(id).ResumeAsync(context.Caller(), new ResumeSession(Guid.CreateVersion7(clock.GetUtcNow())));
        if (view.SessionId == id)
            return TypedResults.Ok(view);
        return TypedResults.Created(Address(view.SessionId), view);
    }

    /// <summary>Stop a session</summary>
    /// <remarks>Seals its manifest and hands its anchor to the ledger.</remarks>
    /// <param name="accept_gaps">Turns missing chunks into gaps instead of refusing.</param>
    internal static async Task<Ok<SessionView>> StopAsync(Guid id, IGrains grains, HttpContext context, bool accept_gaps = false) =>
        TypedResults.Ok(await grains.Session(id).StopAsync(context.Caller(), new StopSession(ChunkHeaders.ReadLease(context.Request.Headers), accept_gaps)));

    /// <summary>Recover a failed session</summary>
    /// <remarks>Continues it from where its durable state stands.</remarks>
    internal static async Task<Ok<SessionView>> RecoverAsync(Guid id, HttpContext context, IGrains grains) =>
        TypedResults.Ok(await grains.Session(id).RecoverAsync(context.Caller()));

    /// <summary>The grain of that session. Its key is the id in one form, however the caller wrote it.</summary>
    public static ISessionGrain Session(this IGrains grains, Guid id) => grains.Get<ISessionGrain>(id.ToString("D"));

    /// <summary>
    /// Null for one that the caller may not see, and for one that is damaged and cannot say so: it keeps nobody from the others. One that gives no answer
    /// now does: a list that leaves it out would say that it is not shared.
    /// </summary>
    private static async Task<SessionView?> FindAsync(ISessionGrain session, Caller caller)
    {
        try
        {
            return await session.GetAsync(caller);
        }
        catch (Exception hidden) when (hidden is SessionNotFoundException or ApprovalNeededException or GrainDamagedException)
        {
            return null;
        }
    }

    /// <summary>Whose sessions are listed; null for everybody's.</summary>
    private static string? OwnerFor(Caller caller, string? asked)
    {
        if (caller.May(Permission.ViewAllSessions))
            return string.IsNullOrEmpty(asked) ? null : asked;
        return asked is null or "" || asked == caller.Subject
            ? caller.Subject
            : throw new AccessDeniedException("You may list sessions of your own only; leave owner out.");
    }

    private static async Task<bool> ExistsAsync(ISessionGrain session, Caller caller)
    {
        try
        {
            await session.GetAsync(caller);
            return true;
        }
        catch (SessionNotFoundException)
        {
            return false;
        }
    }

    private static string Address(Guid id) => $"{GatewayRoutes.Base}/sessions/{id:D}";

    private static SessionStatus? ReadStatus(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        foreach (var status in Enum.GetValues<SessionStatus>())
        {
            if (status != SessionStatus.None && status.ToString().Equals(text, StringComparison.OrdinalIgnoreCase))
                return status;
        }
        throw new ApiException(ErrorTable.OutOfRange, $"status: '{text}' is no state of a session.");
    }
}

/// <summary>One page of sessions.</summary>
internal sealed record SessionList(ImmutableArray<SessionView> Sessions, Pagination Pagination);
