using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Access;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Idempotency;
using Lucid.Gateway.Limits;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Auth;

/// <summary>Signing in without a wallet: by a link in the mail and the code of an authenticator.</summary>
internal static class MailApi
{
    public static void MapMailLogin(this IEndpointRouteBuilder api)
    {
        var mail = api.MapGroup("/auth/mail").WithTags("Auth").AllowAnonymous();
        mail.MapPost("", Ask).LimitedTo(RateLimit.Login).AcceptsSmallJson().Fails(ErrorTable.BadFormat, ErrorTable.NoMail, ErrorTable.TooManyWaiting);
        mail.MapPost("/factor", OfferAsync).Audits(AuditKind.Authentication, "factor_offer", "user", AuditTiming.ByItself).LimitedTo(RateLimit.Login).AcceptsSmallJson()
            .Fails(ErrorTable.BadFormat, ErrorTable.LoginEnded, ErrorTable.SecondFactorThere, ErrorTable.Suspended, ErrorTable.LockedOut);
        mail.MapPost("/login", LoginAsync).Audits(AuditKind.Authentication, "login", "user", AuditTiming.ByItself).LimitedTo(RateLimit.Login).AcceptsSmallJson()
            .Fails(ErrorTable.BadFormat, ErrorTable.LoginEnded, ErrorTable.SecondFactorWrong, ErrorTable.Suspended, ErrorTable.LockedOut);

        var own = api.MapGroup("/auth/mail").WithTags("Auth").Requires(Permission.ViewOwnProfile);
        own.MapPost("/recovery-codes", RenewCodesAsync).Audits(AuditKind.Authentication, "recovery_codes_make", Audited.Oneself, severity: AuditSeverity.Warning).LimitedTo(RateLimit.Login)
            .AcceptsSmallJson().RefusesIdempotencyKey().Fails(ErrorTable.NotFound, ErrorTable.CodeWrong, ErrorTable.Suspended, ErrorTable.LockedOut);
    }

    /// <summary>Ask for a link by mail</summary>
    /// <remarks>The answer is the same whether or not there is such a user. The link is good for a quarter of an hour; at most three are on their way.</remarks>
    internal static Accepted<MailAsked> Ask(MailBody body, HttpContext context, IServiceProvider services, TimeProvider clock)
    {
        var address = ReadAddress(body.Email);
        var queue = services.GetService<MailQueue>() ?? throw new ApiException(ErrorTable.NoMail);
        queue.Ask(address, context.Event(AuditKind.Authentication, "mail_link", AuditOutcome.Success, clock.GetUtcNow()) with { Resource = $"user/{address.UserId}" });
        return TypedResults.Accepted((string?)null, new MailAsked("sent_if_known"));
    }

    /// <summary>Set up a second factor</summary>
    /// <remarks>For whoever has the link and no authenticator yet. It counts from the first code on; until then the same one is offered again.</remarks>
    internal static async Task<Ok<SecondFactorOffer>> OfferAsync(LinkBody body, LoginDoor door, HttpContext context, AuditTrail trail, TimeProvider clock)
    {
        var link = ReadLink(body.Link);
        await door.CheckLinkAsync(link, context);
        var begun = context.Event(AuditKind.Authentication, "factor_offer", AuditOutcome.Begun, clock.GetUtcNow(), AuditSeverity.Warning) with { Actor = link.User, Resource = $"user/{link.User}" };
        var offer = await trail.RecordAsync(begun, () => door.OfferFactorAsync(link));
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(offer);
    }

    /// <summary>Sign in with a link and a code</summary>
    /// <remarks>The code is the authenticator's, or one of the recovery codes, which the first login tells once. /auth/mail/recovery-codes makes others.</remarks>
    internal static async Task<Ok<MailLoginAnswer>> LoginAsync(MailLoginBody body, LoginDoor door, HttpContext context, AuditTrail trail, TimeProvider clock)
    {
        var link = ReadLink(body.Link);
        if (string.IsNullOrEmpty(body.Code))
            throw new ApiException(ErrorTable.MissingField, "code is missing: six digits of the authenticator, or a recovery code.");
        var answer = await door.SignInByMailAsync(link, body.Code, context);
        if (!answer.RecoveryCodes.IsEmpty)
            await RecordActivationAsync(answer.Login, context, trail, clock);
        await AuthApi.RecordAsync(answer.Login, context, trail, clock);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(answer);
    }

    /// <summary>Make other recovery codes</summary>
    /// <remarks>For whoever signs in by mail and has done so within the last quarter of an hour, with the next code of the authenticator. Those of before are worthless then.</remarks>
    internal static async Task<Ok<RecoveryCodeList>> RenewCodesAsync(CodeBody body, HttpContext context, IGrains grains)
    {
        if (string.IsNullOrEmpty(body.Code))
            throw new ApiException(ErrorTable.MissingField, "code is missing: six digits of the authenticator.");
        try
        {
            var answer = await AuthApi.Own(context, grains).RenewRecoveryCodesAsync(context.Caller(), new RenewRecoveryCodes(body.Code, RandomNumberGenerator.GetBytes(LoginDoor.RecoverySeedSize)));
            context.Response.Headers.CacheControl = "no-store";
            return TypedResults.Ok(answer);
        }
        catch (SecondFactorException wrong)
        {
            // Not 401, at which clients renew their access token and send the same code again.
            throw new ApiException(ErrorTable.CodeWrong, wrong.Message);
        }
    }

    /// <summary>Recovery codes are told with the first code of an authenticator, from which on it counts.</summary>
    private static Task RecordActivationAsync(LoginAnswer login, HttpContext context, AuditTrail trail, TimeProvider clock) =>
        trail.RecordAsync(context.Event(AuditKind.Authentication, "factor_activate", AuditOutcome.Success, clock.GetUtcNow(), AuditSeverity.Warning) with
        {
            Actor = login.UserId,
            Role = EnumWords.Of(login.Role),
            Resource = $"user/{login.UserId}",
        });

    /// <exception cref="ApiException">It is missing, or none.</exception>
    public static MailAddress ReadAddress(string? text)
    {
        if (string.IsNullOrEmpty(text))
            throw new ApiException(ErrorTable.MissingField, "email is missing, such as ada@example.org.");
        try
        {
            return MailAddress.Parse(text);
        }
        catch (FormatException malformed)
        {
            throw new ApiException(ErrorTable.BadFormat, $"email: {malformed.Message}");
        }
    }

    private static OpaqueToken ReadLink(string? text)
    {
        if (string.IsNullOrEmpty(text))
            throw new ApiException(ErrorTable.MissingField, "link is missing: what the mail has behind --link.");
        return OpaqueToken.Parse(OpaqueToken.MailLink, text) is { } link && MailAddress.OfUser(link.User) is not null
            ? link
            : throw new ApiException(ErrorTable.BadFormat, $"link: it is none; copy all of it from the mail, from {OpaqueToken.MailLink}_ on.");
    }
}

/// <summary>Who wants a link.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MailBody([property: Required] string? Email);

/// <param name="Link">From the mail. Secret.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record LinkBody([property: Required] string? Link);

/// <param name="Link">From the mail. Secret.</param>
/// <param name="Code">Six digits of the authenticator, or a recovery code.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MailLoginBody([property: Required] string? Link, [property: Required] string? Code);

/// <param name="Code">Six digits of the authenticator, which were not used yet.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CodeBody([property: Required] string? Code);

/// <param name="Status">sent_if_known.</param>
internal sealed record MailAsked(string Status);

/// <param name="RecoveryCodes">Told once, by the first login; each replaces the authenticator once. Secret.</param>
/// <param name="RecoveryCodesLeft">How many recovery codes were not used yet.</param>
internal sealed record MailLoginAnswer(LoginAnswer Login, ImmutableArray<string> RecoveryCodes, int? RecoveryCodesLeft)
{
    /// <summary>Without the codes, so that no log ever shows them.</summary>
    public override string ToString() => Login.ToString();
}
