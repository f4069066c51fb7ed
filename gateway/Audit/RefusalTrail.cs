using Lucid.Evidence.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Audit;

/// <summary>Stands before the door, and counts whom it, the limits and the grains turned away.</summary>
internal sealed class RefusalTrail(RequestDelegate next, AuditTrail trail, TimeProvider clock)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception refusal) when (!context.RequestAborted.IsCancellationRequested)
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
        if (Find(kind, refusal, context.Features.Get<Caller>() is not null) is var (about, action, severity))
            trail.Count(context.Event(about, action, AuditOutcome.Refused, clock.GetUtcNow(), severity), kind.Code);
    }
}
