using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Audit;

/// <summary>When an action is recorded.</summary>
internal enum AuditTiming
{
    /// <summary>Before it is done, durably: what cannot be recorded is not done. What came of it follows in a second record.</summary>
    Before,

    /// <summary>Once it was done, without making anybody wait: for what happens often and is not an administrator's.</summary>
    After,

    /// <summary>By the endpoint itself.</summary>
    ByItself,
}

/// <summary>That an endpoint does something that the audit log tells of.</summary>
/// <param name="Resource">What begins the resource's name; the route's id or user goes behind it. <see cref="Oneself"/> for whoever calls.</param>
internal sealed record Audited(AuditKind Kind, string Action, AuditTiming Timing, string Resource, AuditSeverity Severity = AuditSeverity.Info)
{
    /// <summary>Who does something to themselves. The record has their id: whoever looks for a user finds it.</summary>
    public const string Oneself = "user/me";
}

/// <summary>What an endpoint has to say of what it does, for its record.</summary>
internal sealed class AuditNotes
{
    public string? Resource { get; set; }

    /// <summary>The user as whom somebody wants to sign in; empty where nobody does.</summary>
    public string Account { get; set; } = "";

    /// <summary>Whether that account is locked from now on.</summary>
    public bool IsLocked { get; set; }

    public ImmutableDictionary<string, string> Details { get; set; } = ImmutableDictionary<string, string>.Empty;
}

internal static class AuditedExtensions
{
    // The route's parameters that name what is acted on.
    private static readonly string[] Named = ["id", "user", "token", "login"];

    /// <summary>Records what the endpoint does.</summary>
    public static TBuilder Audits<TBuilder>(
        this TBuilder endpoint, AuditKind kind, string action, string resource, AuditTiming timing = AuditTiming.Before, AuditSeverity severity = AuditSeverity.Info)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new Audited(kind, action, timing, resource, severity));

    /// <summary>Tells what the endpoint's record should say besides. Never a secret, and never a text that somebody wrote.</summary>
    public static void Note(this HttpContext context, string name, string? value) =>
        Notes(context).Details = Notes(context).Details.SetItem(name, AuditEvent.Clean(value, 128));

    /// <summary>Names what the endpoint has made.</summary>
    public static void NoteResource(this HttpContext context, string resource) => Notes(context).Resource = resource;

    /// <summary>Names the account as which somebody wants to sign in, so that its owner can be warned of whoever fails to.</summary>
    /// <param name="user">What can be a user's id, and nothing else that a stranger wrote.</param>
    public static void NoteAccount(this HttpContext context, string user) => Notes(context).Account = user;

    /// <summary>Tells that the account which was named has failed too often, just now.</summary>
    public static void NoteLocked(this HttpContext context) => Notes(context).IsLocked = true;

    /// <summary>The event of a request.</summary>
    public static AuditEvent Event(this HttpContext context, AuditKind kind, string action, AuditOutcome outcome, DateTimeOffset now, AuditSeverity severity = AuditSeverity.Info)
    {
        var caller = context.Features.Get<Caller>();
        var agent = AuditEvent.Clean(context.Request.Headers.UserAgent.ToString(), AuditEvent.MaxUserAgent);
        return new AuditEvent
        {
            TimeMs = now.ToUnixTimeMilliseconds(),
            Kind = kind,
            Action = action,
            Severity = severity,
            Outcome = outcome,
            Actor = AuditEvent.Clean(caller?.Subject, AuditEvent.MaxName),
            Role = caller is null ? "" : EnumWords.Of(caller.Role),
            Address = context.Connection.RemoteIpAddress?.ToString() ?? "",
            RequestId = context.TraceIdentifier,
            UserAgent = agent,
            Details = context.Features.Get<AuditNotes>()?.Details ?? ImmutableDictionary<string, string>.Empty,
        };
    }

    /// <summary>What the action of that endpoint is done to.</summary>
    public static string ResourceOf(this HttpContext context, Audited audited)
    {
        if (context.Features.Get<AuditNotes>()?.Resource is { } made)
            return AuditEvent.Clean(made, AuditEvent.MaxName);
        if (audited.Resource == Audited.Oneself)
            return AuditEvent.Clean($"user/{context.Caller().Subject}", AuditEvent.MaxName);
        // Before it is bound it may be any text, a token among them, and this log forgets nothing.
        var id = Named.Select(context.GetRouteValue).OfType<string>().FirstOrDefault();
        return AuditEvent.Clean(id is null || !RefusalTrail.IsId(id) ? audited.Resource : $"{audited.Resource}/{id}", AuditEvent.MaxName);
    }

    /// <summary>What a failure comes to: with a status below 500 nothing was done.</summary>
    public static AuditOutcome OutcomeOf(ErrorKind kind) => kind.Status < 500 ? AuditOutcome.Refused : AuditOutcome.Failed;

    private static AuditNotes Notes(HttpContext context)
    {
        if (context.Features.Get<AuditNotes>() is { } notes)
            return notes;
        var made = new AuditNotes();
        context.Features.Set(made);
        return made;
    }
}
