using Lucid.Evidence.Audit;
using Lucid.Gateway.Errors;
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
            var kind = ErrorMapping.Map(failure).Kind;
            // Refusals of what was never begun are counted with those of the door.
            if (audited.Timing == AuditTiming.Before || kind.Status >= 500)
            {
                context.Note("code", kind.Code);
                trail.Tell(Of(context, audited, AuditedExtensions.OutcomeOf(kind)));
            }
            if (log.IsEnabled(LogLevel.Debug))
                log.LogDebug("{Action} came to {Code} ({RequestId})", audited.Action, kind.Code, context.TraceIdentifier);
            throw;
        }
        var isDone = context.Response.StatusCode < StatusCodes.Status400BadRequest;
        trail.Tell(Of(context, audited, isDone ? AuditOutcome.Success : AuditOutcome.Refused));
    }

    private AuditEvent Of(HttpContext context, Audited audited, AuditOutcome outcome) =>
        context.Event(audited.Kind, audited.Action, outcome, clock.GetUtcNow(), audited.Severity) with { Resource = context.ResourceOf(audited) };
}
