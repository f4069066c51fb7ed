using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Serialization;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Access;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Idempotency;
using Lucid.Gateway.Sessions;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Policies;

/// <summary>What a session's policy leaves to the policy's owner.</summary>
internal static class ApprovalApi
{
    public static void MapApprovals(this IEndpointRouteBuilder api)
    {
        var approvals = api.MapGroup("/sessions/{id}/approvals").WithTags("Trust policies").Requires(Permission.ViewOwnSessions).Fails(ErrorTable.BadUuid, ErrorTable.NotFound);
        approvals.MapGet("", ListAsync);
        approvals.MapPost("", AskAsync).Audits(AuditKind.PolicyChange, "approval_request", "session", AuditTiming.After).AcceptsSmallJson().TakesIdempotencyKey();
        approvals.MapPost("/{number}/approve", ApproveAsync).Audits(AuditKind.PolicyChange, "approval_give", "session", severity: AuditSeverity.Warning).Fails(ErrorTable.BadFormat);
        approvals.MapPost("/{number}/refuse", RefuseAsync).Audits(AuditKind.PolicyChange, "approval_refuse", "session").Fails(ErrorTable.BadFormat);
    }

    /// <summary>List requests for approval</summary>
    /// <remarks>The policy's owner sees all that have not expired, others their own.</remarks>
    internal static async Task<Ok<SessionApprovals>> ListAsync(Guid id, HttpContext context, IGrains grains) =>
        TypedResults.Ok(await grains.Session(id).ApprovalsAsync(context.Caller()));

    /// <summary>Ask for an approval</summary>
    /// <remarks>For what was answered with LUCID_ERR_4110. Asked again it is the same request, until it expires.</remarks>
    internal static async Task<Ok<SessionApproval>> AskAsync(Guid id, ApprovalBody body, HttpContext context, IGrains grains)
    {
        if (body is not { Right: { } right, Reason: { Length: > 0 } reason })
            throw new ApiException(ErrorTable.MissingField, "right and reason are both needed: what for, and why.");
        return Noted(context, await grains.Session(id).RequestApprovalAsync(context.Caller(), new ApprovalRequest(right, body.Track, reason)));
    }

    /// <summary>Approve a request</summary>
    /// <param name="number">The request's.</param>
    internal static Task<Ok<SessionApproval>> ApproveAsync(Guid id, int number, HttpContext context, IGrains grains) => DecideAsync(id, number, context, grains, approve: true);

    /// <summary>Refuse a request, or take its approval back</summary>
    /// <remarks>An approval that was given ends with the answer.</remarks>
    /// <param name="number">The request's.</param>
    internal static Task<Ok<SessionApproval>> RefuseAsync(Guid id, int number, HttpContext context, IGrains grains) => DecideAsync(id, number, context, grains, approve: false);

    private static async Task<Ok<SessionApproval>> DecideAsync(Guid id, int number, HttpContext context, IGrains grains, bool approve)
    {
        // Before it is known which request that is: whoever is refused is in the log with what they named.
        context.Note("number", number.ToString(CultureInfo.InvariantCulture));
        return Noted(context, await grains.Session(id).DecideApprovalAsync(context.Caller(), number, approve));
    }

    private static Ok<SessionApproval> Noted(HttpContext context, SessionApproval approval)
    {
        context.Note("number", approval.Number.ToString(CultureInfo.InvariantCulture));
        context.Note("subject", approval.Subject);
        context.Note("right", EnumWords.Of(approval.Right));
        context.Note("tracks", approval.Track?.ToString(CultureInfo.InvariantCulture) ?? "all");
        return TypedResults.Ok(approval);
    }
}

/// <summary>What somebody asks the policy's owner to approve.</summary>
/// <param name="Right">What for: view, play, take_key, record, erase or share.</param>
/// <param name="Track">To play one track alone; left out, all of them.</param>
/// <param name="Reason">For the policy's owner: 1 to 255 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ApprovalBody([property: Required] SessionRight? Right, [property: Required] string? Reason, int? Track = null);
