using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Access;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Auth;

/// <summary>Signing in and out.</summary>
internal static partial class AuthApi
{
    private static readonly ErrorKind[] _refusals =
    [
        ErrorTable.ChallengeMalformed, ErrorTable.ChallengeOfAnotherDomain, ErrorTable.ChallengeOfAnotherAddress, ErrorTable.ChallengeNotOurs, ErrorTable.ChallengeExpired,
        ErrorTable.ChallengeUsed, ErrorTable.SignatureMalformed, ErrorTable.SignatureMirrored, ErrorTable.SignatureOfVersionOne, ErrorTable.SignatureForEthereum, ErrorTable.SignatureOfAnother,
        ErrorTable.LockedOut, ErrorTable.Suspended, ErrorTable.NotAdmitted,
    ];

    public static void MapAuth(this IEndpointRouteBuilder api)
    {
        var open = api.MapGroup("/auth").WithTags("Auth").AllowAnonymous();
        open.MapPost("/challenge", ChallengeAsync).AcceptsSmallJson().Fails(ErrorTable.BadFormat);
        open.MapPost("/login", LoginAsync).Audits(AuditKind.Authentication, "login", "user", AuditTiming.ByItself).LimitedTo(RateLimit.Login).AcceptsSmallJson().Fails([ErrorTable.BadFormat, .. _refusals]);
        open.MapPost("/refresh", RefreshAsync).LimitedTo(RateLimit.Refresh).AcceptsSmallJson().Fails(ErrorTable.BadFormat, ErrorTable.RefreshInvalid, ErrorTable.Suspended);
        open.MapPost("/bootstrap", BootstrapAsync).Audits(AuditKind.Authentication, "bootstrap", "user", AuditTiming.ByItself).LimitedTo(RateLimit.Login).AcceptsSmallJson().Fails(ErrorTable.BadFormat, ErrorTable.LoginEnded);
        open.MapPost("/hardware-wallet/challenge", HardwareChallengeAsync).AcceptsSmallJson().Fails(ErrorTable.BadFormat);
        open.MapPost("/hardware-wallet/verify", HardwareLoginAsync).Audits(AuditKind.Authentication, "login", "user", AuditTiming.ByItself).LimitedTo(RateLimit.Login).AcceptsSmallJson().Fails([ErrorTable.BadFormat, .. _refusals]);

        var own = api.MapGroup("/auth").WithTags("Auth").Requires(Permission.ViewOwnProfile).Fails(ErrorTable.NotFound);
        own.MapGet("/status", StatusAsync);
        own.MapGet("/sessions", LoginsAsync);
        own.MapPost("/logout", LogoutAsync).Audits(AuditKind.Authentication, "logout", Audited.Oneself, AuditTiming.After);
        own.MapDelete("/sessions/{login}", EndAsync).Audits(AuditKind.Authentication, "login_end", "login").Fails(ErrorTable.BadUuid);
        own.MapGet("/hardware-wallet/status", HardwareAsync);
    }

    /// <summary>Ask for a message to sign</summary>
    /// <remarks>For the wallet's signMessageV2. It is good for five minutes, and for one login.</remarks>
    internal static async Task<Ok<LoginChallenge>> ChallengeAsync(ChallengeBody body, LoginDoor door) =>
        TypedResults.Ok(LoginChallenge.Of(await door.ChallengeAsync(ReadAddress(body.Address))));

    /// <summary>Sign in with a signed message</summary>
    internal static Task<Ok<LoginAnswer>> LoginAsync(LoginBody body, LoginDoor door, HttpContext context, AuditTrail trail, TimeProvider clock) =>
        SignInAsync(body, null, door, context, trail, clock);

    /// <summary>Exchange a refresh token</summary>
    /// <remarks>Each is good once. One that comes a second time ends the login: two have it.</remarks>
    internal static async Task<Ok<LoginAnswer>> RefreshAsync(RefreshBody body, LoginDoor door, HttpContext context)
    {
        if (string.IsNullOrEmpty(body.RefreshToken))
            throw new ApiException(ErrorTable.MissingField, "refresh_token is missing.");
        return Secret(context, await door.RefreshAsync(body.RefreshToken, context));
    }

    /// <summary>Choose the first super administrator</summary>
    /// <remarks>With the secret of the link that the first start has said. Then they sign in like anybody.</remarks>
    internal static async Task<Ok<UserView>> BootstrapAsync(BootstrapBody body, HttpContext context, IGrains grains, AuditTrail trail, TimeProvider clock)
    {
        var address = ReadAddress(body.Address);
        if (string.IsNullOrEmpty(body.Secret))
            throw new ApiException(ErrorTable.MissingField, "secret is missing: it stands in the link that the first start has said.");
        var (door, secret, user) = (grains.Get<IDoorGrain>(IDoorGrain.Key), BootstrapLink.HashOf(body.Secret), address.ToString());
        // Strangers come here: what has no secret begins nothing, and fills no log.
        await door.CheckBootstrapAsync(secret, user);
        var begun = context.Event(AuditKind.UserManagement, "bootstrap", AuditOutcome.Begun, clock.GetUtcNow(), AuditSeverity.Critical) with { Resource = $"user/{user}" };
        return TypedResults.Ok(await trail.RecordAsync(begun, () => door.BootstrapAsync(secret, user)));
    }

    /// <summary>Ask for a message that a hardware wallet signs</summary>
    /// <remarks>The same message, which a Ledger can sign too: the wallet's software passes it on.</remarks>
    internal static async Task<Ok<LoginChallenge>> HardwareChallengeAsync(HardwareChallengeBody body, LoginDoor door)
    {
        ReadHardware(body.HardwareWallet);
        return TypedResults.Ok(LoginChallenge.Of(await door.ChallengeAsync(ReadAddress(body.Address))));
    }

    /// <summary>Sign in with a message that a hardware wallet signed</summary>
    /// <remarks>The user's record says from then on which kind it was.</remarks>
    internal static Task<Ok<LoginAnswer>> HardwareLoginAsync(LoginBody body, LoginDoor door, HttpContext context, AuditTrail trail, TimeProvider clock) =>
        SignInAsync(body, ReadHardware(body.HardwareWallet), door, context, trail, clock);

    /// <summary>See who you are here</summary>
    internal static async Task<Ok<AuthStatus>> StatusAsync(HttpContext context, IGrains grains)
    {
        var caller = context.Caller();
        int? left = MailAddress.OfUser(caller.Subject) is null ? null : await Own(context, grains).RecoveryCodesLeftAsync(caller);
        return TypedResults.Ok(new AuthStatus(caller.Subject, caller.Role, caller.Login, [.. Permissions.Of(caller.Role).Select(permission => permission.ToString())], left));
    }

    /// <summary>List your open logins</summary>
    internal static async Task<Ok<LoginList>> LoginsAsync(HttpContext context, IGrains grains) =>
        TypedResults.Ok(await Own(context, grains).LoginsAsync(context.Caller()));

    /// <summary>End one of your logins</summary>
    /// <remarks>Its access token is refused everywhere within a second.</remarks>
    internal static async Task<Ok<LoginList>> EndAsync(Guid login, HttpContext context, IGrains grains) =>
        TypedResults.Ok(await Own(context, grains).EndLoginAsync(context.Caller(), login));

    /// <summary>Sign out</summary>
    /// <remarks>With a token for a program it is refused: that one is taken back with DELETE /auth/tokens/{token}.</remarks>
    /// <param name="everywhere">All your logins and all your tokens for programs, instead of this login.</param>
    internal static async Task<NoContent> LogoutAsync(HttpContext context, IGrains grains, bool everywhere = false)
    {
        var (caller, own) = (context.Caller(), Own(context, grains));
        if (everywhere)
            await own.EndLoginsAsync(caller);
        else if (caller.Login is { } login)
            await own.EndLoginAsync(caller, login);
        else
            throw new ApiException(ErrorTable.InvalidRequest, "A token for a program belongs to no login that could end here. Take it back with DELETE /auth/tokens/{id}; GET /auth/tokens lists yours.");
        return TypedResults.NoContent();
    }

    /// <summary>See which hardware wallet you signed in with</summary>
    internal static async Task<Ok<HardwareStatus>> HardwareAsync(HttpContext context, IGrains grains) =>
        TypedResults.Ok(HardwareStatus.Of((await Own(context, grains).GetAsync(context.Caller())).HardwareWallet));

    /// <exception cref="ApiException">It is missing, or none.</exception>
    public static WalletAddress ReadAddress(string? text)
    {
        if (string.IsNullOrEmpty(text))
            throw new ApiException(ErrorTable.MissingField, "address is missing: the wallet's, of 34 characters from T on.");
        try
        {
            return WalletAddress.Parse(text);
        }
        catch (FormatException malformed)
        {
            throw new ApiException(ErrorTable.BadFormat, $"address: {malformed.Message}");
        }
    }

    /// <summary>The grain of whoever calls. Who holds the node's token is no user, and has none.</summary>
    public static IUserGrain Own(HttpContext context, IGrains grains) => context.Caller() is { } caller && caller.Subject != Caller.Local.Subject
        ? grains.Get<IUserGrain>(caller.Subject)
        : throw new ApiException(ErrorTable.NotFound, "Whoever calls with the node's own token is no user: sign in with a wallet.");

    private static async Task<Ok<LoginAnswer>> SignInAsync(
        LoginBody body, HardwareWallet? hardware, LoginDoor door, HttpContext context, AuditTrail trail, TimeProvider clock)
    {
        var address = ReadAddress(body.Address);
        if (string.IsNullOrEmpty(body.Message) || string.IsNullOrEmpty(body.Signature))
            throw new ApiException(ErrorTable.MissingField, "message and signature are both needed: what /auth/challenge answered, and what the wallet made of it.");
        try
        {
            var answer = await door.SignInAsync(address, body.Message, body.Signature, hardware, context);
            await RecordAsync(answer, context, trail, clock);
            return Secret(context, answer);
        }
        catch (UserUnknownException unknown)
        {
            throw new ApiException(ErrorTable.NotAdmitted, unknown.Message);
        }
    }

    /// <summary>Before the tokens are out: nobody is in of whom the log does not tell.</summary>
    public static Task RecordAsync(LoginAnswer answer, HttpContext context, AuditTrail trail, TimeProvider clock) =>
        trail.RecordAsync(context.Event(AuditKind.Authentication, "login", AuditOutcome.Success, clock.GetUtcNow()) with
        {
            Actor = answer.UserId,
            Role = EnumWords.Of(answer.Role),
            Resource = $"login/{answer.LoginId:D}",
        });

    private static Ok<LoginAnswer> Secret(HttpContext context, LoginAnswer answer)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(answer);
    }

    private static HardwareWallet ReadHardware(HardwareWalletBody? body)
    {
        if (body is not { Type: { } type, Path: { } path })
            throw new ApiException(ErrorTable.MissingField, "hardware_wallet with type and path is needed, such as ledger and m/44'/195'/0'/0/0.");
        if (type is not ("ledger" or "trezor" or "keepkey"))
            throw new ApiException(ErrorTable.BadFormat, $"hardware_wallet.type: '{type}' is not one of ledger, trezor, keepkey.");
        return DerivationPath().IsMatch(path)
            ? new HardwareWallet(type, path)
            : throw new ApiException(ErrorTable.BadFormat, $"hardware_wallet.path: '{path}' is no path of this coin, such as m/44'/195'/0'/0/0.");
    }

    // BIP-44 with the coin's number, each part below 2^31.
    [GeneratedRegex(@"^m/44'/195'/[0-9]{1,9}'/[01]/[0-9]{1,9}\z", RegexOptions.ExplicitCapture, 100)]
    private static partial Regex DerivationPath();
}

/// <summary>Who wants to sign in.</summary>
/// <param name="Address">The wallet's, of 34 characters from T on.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ChallengeBody([property: Required] string? Address);

/// <summary>As above, with a hardware wallet.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record HardwareChallengeBody([property: Required] string? Address, [property: Required] HardwareWalletBody? HardwareWallet);

/// <param name="Type">ledger, trezor or keepkey.</param>
/// <param name="Path">Such as m/44'/195'/0'/0/0.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record HardwareWalletBody([property: Required] string? Type, [property: Required] string? Path);

/// <summary>A signed challenge.</summary>
/// <param name="Message">Exactly as it was answered.</param>
/// <param name="Signature">130 hexadecimal digits, as the wallet's signMessageV2 gives them.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record LoginBody(
    [property: Required] string? Address, [property: Required] string? Message, [property: Required] string? Signature, HardwareWalletBody? HardwareWallet = null);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RefreshBody([property: Required] string? RefreshToken);

/// <param name="Secret">From the link that the first start has said.</param>
/// <param name="Address">The wallet of the first super administrator.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record BootstrapBody([property: Required] string? Secret, [property: Required] string? Address);

/// <summary>What a wallet is to sign.</summary>
/// <param name="Message">At most 255 bytes of ASCII in four lines. Sign it as it is.</param>
internal sealed record LoginChallenge(string Message, string Nonce, DateTimeOffset ExpiresAt)
{
    public static LoginChallenge Of(LoginMessage message) => new(message.ToString(), message.Nonce, message.Expires);
}

/// <param name="LoginId">Which of your logins this is; none with the node's own token or a program's.</param>
/// <param name="RecoveryCodesLeft">How many recovery codes were not used yet; only of those who sign in by mail.</param>
internal sealed record AuthStatus(string UserId, Role Role, Guid? LoginId, ImmutableArray<string> Permissions, int? RecoveryCodesLeft);

/// <param name="Status">connected or none.</param>
internal sealed record HardwareStatus(string Status, string? Type, string? Path)
{
    public static HardwareStatus Of(HardwareWallet? wallet) => wallet is null ? new("none", null, null) : new("connected", wallet.Type, wallet.Path);
}
