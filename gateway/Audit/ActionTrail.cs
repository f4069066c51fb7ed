using Lucid.Evidence.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Idempotency;
using Lucid.Gateway.Recorders;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Audit;

/// <summary>
/// Records what <see cref="Audited"/> endpoints do. Record, then do: a deed that is not in the log can never be undone, while a record of one that was
/// not done is made good by the next, and a crash in between leaves a record that says `begun`, which is true.
/// </summary>
internal sealed class ActionTrail(RequestDelegate next, AuditTrail trail, TimeProvider clock, ILogger<ActionTrail> log)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Audited>() is { Timing: not AuditTiming.ByItself } audited ? RecordAsync(context, audited) : next(context);

    private async Task RecordAsync(HttpContext context, Audited audited)
    {
        if (audited.Timing == AuditTiming.Before)
            await trail.RecordAsync(Of(context, audited, AuditOutcome.Begun));
        try
        {
            await next(context);
        }
        catch (Exception failure)
        {
            TellFailed(context, audited, ErrorMapping.Map(failure).Kind);
            throw;
        }
        if (context.Features.Get<PassedRefusal>() is { } passed)
            TellFailed(context, audited, ErrorMapping.Map(passed.Failure).Kind);
        else if (ErrorMapping.ForStatus(context.Response.StatusCode) is { } kind)
            TellFailed(context, audited, kind);
        else if (!IsReplay(context))
            trail.Tell(Of(context, audited, AuditOutcome.Success));
    }

    /// <summary>The deed whose answer an Idempotency-Key repeats was recorded when it was done.</summary>
    private static bool IsReplay(HttpContext context) => context.Response.Headers.ContainsKey(IdempotencyHeader.Replayed);

    private void TellFailed(HttpContext context, Audited audited, ErrorKind kind)
    {
        // Refusals of what was never begun are counted with those of the door.
        if (audited.Timing == AuditTiming.Before || kind.Status >= 500)
        {
            context.Note("code", kind.Code);
            trail.Tell(Of(context, audited, AuditedExtensions.OutcomeOf(kind)));
        }
        if (log.IsEnabled(LogLevel.Debug))
            log.LogDebug("{Action} came to {Code} ({RequestId})", audited.Action, kind.Code, context.TraceIdentifier);
    }

    private AuditEvent Of(HttpContext context, Audited audited, AuditOutcome outcome) =>
        context.Event(audited.Kind, audited.Action, outcome, clock.GetUtcNow(), audited.Severity) with { Resource = context.ResourceOf(audited) };
}
