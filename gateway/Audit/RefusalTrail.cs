using System.Collections.Immutable;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Lucid.Gateway.Audit;

/// <summary>Stands before the door, and counts whom it, the limits and the grains turned away, from what, and in whose name.</summary>
internal sealed class RefusalTrail(RequestDelegate next, AuditTrail trail, TimeProvider clock)
{
    // What the parts of a path call the thing whose id follows.
    private static readonly Dictionary<string, string> _nouns = new(StringComparer.Ordinal)
    {
        ["sessions"] = "session",
        ["session"] = "session",
        ["policies"] = "policy",
        ["users"] = "user",
        ["tokens"] = "token",
    };

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        // Whoever hangs up before the answer was refused all the same.
        catch (Exception refusal)
        {
            Count(context, refusal);
            throw;
        }
        if (context.Features.Get<PassedRefusal>() is { } passed)
            Count(context, passed.Failure);
    }

    internal static (AuditKind Kind, string Action, AuditSeverity Severity)? Find(ErrorKind kind, Exception refusal, bool isKnown)
    {
        if (kind == ErrorTable.LockedOut)
            return (AuditKind.Authentication, "locked_out", AuditSeverity.Warning);
        if (kind == ErrorTable.RefreshInvalid)
            return (AuditKind.Authentication, "refresh_refused", AuditSeverity.Warning);
        if (kind == ErrorTable.PermissionDenied || kind == ErrorTable.NotLoopback)
            return (AuditKind.Authorization, "access_denied", AuditSeverity.Warning);
        if (kind == ErrorTable.ApprovalNeeded || kind == ErrorTable.RecorderNotAllowed)
            return (AuditKind.Authorization, "policy_denied", AuditSeverity.Info);
        if (kind == ErrorTable.TooManyRequests)
            return (AuditKind.SecurityEvent, "rate_limited", AuditSeverity.Warning);
        if (kind == ErrorTable.TokenMissing || kind == ErrorTable.TokenInvalid || kind == ErrorTable.TokenExpired || kind == ErrorTable.LoginEnded)
            return (AuditKind.Authentication, "token_refused", AuditSeverity.Info);
        // What is wrong with a challenge, a signature, a second factor or the account that signs in.
        if (kind.Number is >= 2012 and < 3000)
            return (AuditKind.Authentication, "login_refused", AuditSeverity.Info);
        // Whoever may not see something is told that it is not there.
        if (isKnown && refusal is SessionNotFoundException or UserUnknownException or PolicyUnknownException)
            return (AuditKind.Authorization, "not_visible", AuditSeverity.Info);
        return null;
    }

    private void Count(HttpContext context, Exception refusal)
    {
        var kind = ErrorMapping.Map(refusal).Kind;
        var notes = context.Features.Get<AuditNotes>();
        var account = notes?.Account ?? "";
        if (Find(kind, refusal, context.Features.Get<Caller>() is not null) is var (about, action, severity))
            trail.Count(Of(about, action, severity), kind.Code, account);
        // Counted as well: whoever has many addresses can lock any number of accounts, also of nobody.
        if (notes?.IsLocked == true)
            trail.Count(Of(AuditKind.SecurityEvent, "account_lock", AuditSeverity.Warning), kind.Code, account);

        AuditEvent Of(AuditKind about, string action, AuditSeverity severity) => context.Event(about, action, AuditOutcome.Refused, clock.GetUtcNow(), severity) with
        {
            Resource = account.Length > 0 ? $"user/{account}" : notes?.Resource ?? ResourceOf(context),
            Details = EndpointOf(context) is { } endpoint ? ImmutableDictionary<string, string>.Empty.Add("endpoint", endpoint) : ImmutableDictionary<string, string>.Empty,
        };
    }

    /// <summary>As it is mapped, with nothing that a stranger wrote. Null where there is none.</summary>
    private static string? EndpointOf(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern } ? $"{context.Request.Method} {pattern}" : null;

    /// <summary>What the route names; empty where it names nothing, or by what is no id: that may be any text.</summary>
    private static string ResourceOf(HttpContext context)
    {
        var parts = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.PathSegments ?? [];
        for (var i = 1; i < parts.Count; i++)
        {
            if (parts[i - 1].Parts is [RoutePatternLiteralPart { Content: var before }] && parts[i].Parts is [RoutePatternParameterPart { Name: var name }] &&
                _nouns.TryGetValue(before, out var noun) && context.GetRouteValue(name) is string id && IsId(id))
            {
                return $"{(name == "login" ? name : noun)}/{id}";
            }
        }
        return "";
    }

    internal static bool IsId(string text) => Guid.TryParseExact(text, "D", out _) || UserId.IsOne(text);
}
