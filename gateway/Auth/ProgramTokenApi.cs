using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
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

namespace Lucid.Gateway.Auth;

/// <summary>Tokens with which programs act for a user, such as a recorder that records one session.</summary>
internal static class ProgramTokenApi
{
    private const long MinSeconds = 60;
    private const long MaxSeconds = 366 * 86_400;

    public static void MapProgramTokens(this IEndpointRouteBuilder api)
    {
        var tokens = api.MapGroup("/auth/tokens").WithTags("Auth").Requires(Permission.ViewOwnProfile).Fails(ErrorTable.NotFound);
        tokens.MapGet("", ListAsync);
        tokens.MapPost("", MakeAsync).AcceptsSmallJson().RefusesIdempotencyKey().Audits(AuditKind.Authentication, "token_make", "token", AuditTiming.ByItself)
            .Fails(ErrorTable.OutOfRange, ErrorTable.Suspended);
        tokens.MapDelete("/{token}", RevokeAsync).Audits(AuditKind.Authentication, "token_revoke", "token").Fails(ErrorTable.BadUuid);
    }

    /// <summary>List your tokens for programs</summary>
    internal static async Task<Ok<ProgramTokenList>> ListAsync(HttpContext context, IGrains grains) =>
        TypedResults.Ok(await AuthApi.Own(context, grains).TokensAsync(context.Caller()));

    /// <summary>Make a token for a program</summary>
    /// <remarks>It is told once, to whoever has signed in within the last quarter of an hour. With session_id it records and views that session, and does nothing else; without, it may do all that you may.</remarks>
    internal static async Task<Ok<ProgramTokenMade>> MakeAsync(ProgramTokenBody body, HttpContext context, IGrains grains, AuditTrail trail, TimeProvider clock)
    {
        if (string.IsNullOrEmpty(body.Name))
            throw new ApiException(ErrorTable.MissingField, "name is missing: what you will know the token by.");
        if (body.LifeSeconds is < MinSeconds or > MaxSeconds)
            throw new ApiException(ErrorTable.OutOfRange, $"life_seconds is {body.LifeSeconds}; choose {MinSeconds} to {MaxSeconds}.");
        var caller = context.Caller();
        var own = AuthApi.Own(context, grains);
        if (body.SessionId is { } session)
            await grains.Session(session).RequireAsync(caller, SessionRight.Record);
        var (token, text) = OpaqueToken.Make(OpaqueToken.Program, caller.Subject, Guid.CreateVersion7(clock.GetUtcNow()));
        if (body.SessionId is { } only)
            context.Note("session", only.ToString("D"));
        var begun = context.Event(AuditKind.Authentication, "token_make", AuditOutcome.Begun, clock.GetUtcNow()) with { Resource = $"token/{token.Id:D}" };
        var list = await trail.RecordAsync(
            begun, () => own.MakeTokenAsync(caller, new MakeProgramToken(token.Id, token.Secret, body.Name, TimeSpan.FromSeconds(body.LifeSeconds ?? MaxSeconds), body.SessionId)));
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new ProgramTokenMade(text, list.Tokens.First(one => one.TokenId == token.Id)));
    }

    /// <summary>Take a token back</summary>
    /// <remarks>It is refused everywhere within a second.</remarks>
    internal static async Task<Ok<ProgramTokenList>> RevokeAsync(Guid token, HttpContext context, IGrains grains) =>
        TypedResults.Ok(await AuthApi.Own(context, grains).RevokeTokenAsync(context.Caller(), token));
}

/// <summary>A token for a program.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="LifeSeconds">60 to 31,622,400; the most without it.</param>
/// <param name="SessionId">Confines it to one session.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ProgramTokenBody([property: Required] string? Name, long? LifeSeconds = null, Guid? SessionId = null);

/// <param name="Token">For the header Authorization, as Bearer. Told once. Secret.</param>
internal sealed record ProgramTokenMade(string Token, ProgramTokenView Made)
{
    /// <summary>Without the token, so that no log ever shows it.</summary>
    public override string ToString() => $"token {Made.TokenId}";
}
