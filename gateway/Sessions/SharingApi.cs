using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Access;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Idempotency;
using Lucid.Gateway.Preconditions;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Sessions;

/// <summary>Who beside its owner may view and play a session.</summary>
internal static class SharingApi
{
    public static void MapSharing(this IEndpointRouteBuilder api)
    {
        var shares = api.MapGroup("/sessions/{id}/shares").WithTags("Sharing").Requires(Permission.ViewOwnSessions).Fails(ErrorTable.BadUuid, ErrorTable.NotFound);
        shares.MapGet("", ListAsync);
        shares.MapPost("", ShareAsync).AcceptsSmallJson().TakesIdempotencyKey().Audits(AuditKind.PolicyChange, "session_share", "session", AuditTiming.ByItself)
            .Fails(ErrorTable.BadFormat);
        shares.MapDelete("/{auditor}", UnshareAsync).Audits(AuditKind.PolicyChange, "session_unshare", "session");
    }

    /// <summary>List who may view and play a session</summary>
    internal static async Task<Tagged<SessionShares>> ListAsync(Guid id, HttpContext context, IGrains grains) =>
        new(await grains.Session(id).SharesAsync(context.Caller()));

    /// <summary>Let somebody view and play a session</summary>
    /// <remarks>Until a time, and no longer. It is for their eyes: the key is not given to them. Given again it lasts until the new time.</remarks>
    internal static async Task<Ok<SessionShares>> ShareAsync(Guid id, ShareBody body, HttpContext context, IGrains grains, AuditTrail trail, TimeProvider clock)
    {
        if (body is not { Auditor: { Length: > 0 } auditor, ExpiresAt: { } until })
            throw new ApiException(ErrorTable.MissingField, "auditor and expires_at are both needed.");
        // Else a share could be kept that is nobody's and can never be.
        if (!UserId.IsOne(auditor))
            throw new ApiException(ErrorTable.BadFormat, "auditor is no user's id: give a wallet's address of 34 characters from T on, or mail: and an e-mail address in lower case.");
        context.Note("auditor", auditor);
        context.Note("until", until.ToUniversalTime().ToString("u", System.Globalization.CultureInfo.InvariantCulture));
        var begun = context.Event(AuditKind.PolicyChange, "session_share", AuditOutcome.Begun, clock.GetUtcNow()) with { Resource = $"session/{id:D}" };
        return TypedResults.Ok(await trail.RecordAsync(begun, () => grains.Session(id).ShareAsync(context.Caller(), new SessionShare(auditor, until))));
    }

    /// <summary>Take that back</summary>
    /// <param name="auditor">The user's id.</param>
    internal static async Task<Ok<SessionShares>> UnshareAsync(Guid id, string auditor, HttpContext context, IGrains grains)
    {
        // A route's value may be any text; one that is no user's id tells the log nothing.
        if (UserId.IsOne(auditor))
            context.Note("auditor", auditor);
        return TypedResults.Ok(await grains.Session(id).UnshareAsync(context.Caller(), auditor));
    }
}

/// <summary>That somebody may view and play a session.</summary>
/// <param name="Auditor">A user's id: a wallet's address, or mail: and an e-mail address.</param>
/// <param name="ExpiresAt">Until when; in the future.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ShareBody([property: Required] string? Auditor, [property: Required] DateTimeOffset? ExpiresAt);
