using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Access;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Idempotency;
using Lucid.Gateway.Preconditions;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Lists;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Users;

/// <summary>Users: oneself, and for administrators the others.</summary>
internal static class UserApi
{
    public static void MapUsers(this IEndpointRouteBuilder api)
    {
        var users = api.MapGroup("/users").WithTags("Users").Fails(ErrorTable.NotFound);
        users.MapGet("/me", MeAsync).Requires(Permission.ViewOwnProfile);
        users.MapPut("/me", UpdateMeAsync).Requires(Permission.UpdateOwnProfile).Audits(AuditKind.UserManagement, "profile_change", Audited.Oneself, AuditTiming.After).AcceptsSmallJson().TakesIfMatch((context, grains) => AuthApi.Own(context, grains).GetAsync(context.Caller()));

        users.MapGet("", ListAsync).Requires(Permission.ViewUsers).Fails(ErrorTable.BadFormat, ErrorTable.OutOfRange);
        users.MapPost("", AdmitAsync).Requires(Permission.ManageUsers).Audits(AuditKind.UserManagement, "user_admit", "user", AuditTiming.ByItself).AcceptsSmallJson().TakesIdempotencyKey()
            .Fails(ErrorTable.BadFormat, ErrorTable.OutOfRange);

        var one = users.MapGroup("/{user}").Fails(ErrorTable.BadFormat);
        one.MapGet("", GetAsync).Requires(Permission.ViewUsers);
        one.MapPut("", UpdateAsync).Requires(Permission.ManageUsers).Audits(AuditKind.UserManagement, "user_change", "user").AcceptsSmallJson()
            .TakesIfMatch((context, grains) => User(grains, (string)context.GetRouteValue("user")!).GetAsync(context.Caller()));
        one.MapPost("/suspend", SuspendAsync).Requires(Permission.ManageUsers).Audits(AuditKind.UserManagement, "user_suspend", "user", severity: AuditSeverity.Warning).AcceptsSmallJson();
        one.MapPost("/activate", ActivateAsync).Requires(Permission.ManageUsers).Audits(AuditKind.UserManagement, "user_activate", "user");
        one.MapDelete("/factor", ResetFactorAsync).Requires(Permission.ManageUsers).Audits(AuditKind.UserManagement, "user_reset_factor", "user");
        one.MapGet("/logins", LoginsAsync).Requires(Permission.ForceUserLogout);
        one.MapDelete("/logins", EndLoginsAsync).Requires(Permission.ForceUserLogout).Audits(AuditKind.UserManagement, "user_logins_end", "user");
    }

    /// <summary>Get yourself</summary>
    internal static async Task<Tagged<UserView>> MeAsync(HttpContext context, IGrains grains) =>
        new(await AuthApi.Own(context, grains).GetAsync(context.Caller()));

    /// <summary>Change what you say of yourself</summary>
    /// <remarks>What is left out stays as it is; an empty text takes it out.</remarks>
    internal static async Task<Tagged<UserView>> UpdateMeAsync(UserChangeBody body, HttpContext context, IGrains grains) =>
        new(await AuthApi.Own(context, grains).UpdateAsync(context.Caller(), new UserChange(body.Name, body.Email)));

    /// <summary>List users</summary>
    /// <param name="page">From 1. Not together with cursor.</param>
    /// <param name="limit">Users on a page.</param>
    /// <param name="role">Only those with that role.</param>
    /// <param name="status">Only those in that state.</param>
    /// <param name="q">Only those with all of these words in id, name and e-mail address; of the last one the beginning is enough.</param>
    /// <param name="cursor">The next_cursor of the page before.</param>
    internal static async Task<Ok<UserList>> ListAsync(
        IUserDirectory directory, CancellationToken cancellation,
        [Range(1, Paging.MaxPage)] int? page = null, [Range(1, Paging.MaxLimit)] int limit = Paging.DefaultLimit,
        [AllowedValues("user", "node_operator", "admin", "super_admin")] string? role = null, [AllowedValues("active", "suspended")] string? status = null,
        [StringLength(SearchText.MaxLength, MinimumLength = 1)] string? q = null, [StringLength(ListCursor.MaxLength, MinimumLength = 1)] string? cursor = null)
    {
        Paging.Check(page ?? 1, limit);
        Paging.CheckSearch(q);
        var query = new UserListQuery(page ?? 1, limit, Read<Role>("role", role), Read<UserStatus>("status", status))
        {
            Search = q,
            After = Paging.After(cursor, page, UserListQuery.Sort, id => id.Length > 0),
        };
        var found = await directory.ListAsync(query, cancellation);
        return TypedResults.Ok(new UserList(found.Users, Pagination.Of(query.Page, limit, found.Total, found.Next)));
    }

    /// <summary>Admit somebody, or give them another role</summary>
    /// <remarks>They sign in with their wallet then, or by mail where email is given instead of address. Roles above user take a super administrator.</remarks>
    internal static async Task<Ok<UserView>> AdmitAsync(AdmitBody body, HttpContext context, IGrains grains, AuditTrail trail, TimeProvider clock)
    {
        if (body.Address is not null && body.Email is not null)
            throw new ApiException(ErrorTable.InvalidRequest, "Give address or email, not both: a user has one or the other.");
        var user = body.Email is null ? AuthApi.ReadAddress(body.Address).ToString() : MailApi.ReadAddress(body.Email).UserId;
        var role = Read<Role>("role", body.Role) ?? Role.User;
        context.Note("role", EnumWords.Of(role));
        // Whom and to what is only known here, and has to be in the record that comes before the deed: the one behind it may never come.
        var begun = context.Event(AuditKind.UserManagement, "user_admit", AuditOutcome.Begun, clock.GetUtcNow()) with { Resource = $"user/{user}" };
        return TypedResults.Ok(await trail.RecordAsync(begun, () => grains.Get<IUserGrain>(user).AdmitAsync(context.Caller(), role)));
    }

    /// <summary>Get a user</summary>
    internal static async Task<Tagged<UserView>> GetAsync(string user, HttpContext context, IGrains grains) =>
        new(await User(grains, user).GetAsync(context.Caller()));

    /// <summary>Change what is said of a user</summary>
    /// <remarks>What is left out stays as it is; an empty text takes it out. Another role is given with POST /users.</remarks>
    internal static async Task<Tagged<UserView>> UpdateAsync(string user, UserChangeBody body, HttpContext context, IGrains grains) =>
        new(await User(grains, user).UpdateAsync(context.Caller(), new UserChange(body.Name, body.Email)));

    /// <summary>Suspend a user</summary>
    /// <remarks>Ends all their logins and tokens, within a second.</remarks>
    internal static async Task<Ok<UserView>> SuspendAsync(string user, SuspendBody body, HttpContext context, IGrains grains)
    {
        if (string.IsNullOrEmpty(body.Reason))
            throw new ApiException(ErrorTable.MissingField, "reason is missing: the user is told it.");
        return TypedResults.Ok(await User(grains, user).SuspendAsync(context.Caller(), body.Reason));
    }

    /// <summary>Activate a suspended user</summary>
    /// <remarks>They sign in anew: logins, tokens and links of before stay ended.</remarks>
    internal static async Task<Ok<UserView>> ActivateAsync(string user, HttpContext context, IGrains grains) =>
        TypedResults.Ok(await User(grains, user).ActivateAsync(context.Caller()));

    /// <summary>Take a user's second factor</summary>
    /// <remarks>For one who has lost it: their next link by mail sets up a new one. Ends all their logins, and takes their tokens for programs back.</remarks>
    internal static async Task<Ok<UserView>> ResetFactorAsync(string user, HttpContext context, IGrains grains) =>
        TypedResults.Ok(await User(grains, user).ResetFactorAsync(context.Caller()));

    /// <summary>List a user's open logins</summary>
    internal static async Task<Ok<LoginList>> LoginsAsync(string user, HttpContext context, IGrains grains) =>
        TypedResults.Ok(await User(grains, user).LoginsAsync(context.Caller()));

    /// <summary>End all logins of a user</summary>
    /// <remarks>And take their tokens for programs back.</remarks>
    internal static async Task<Ok<LoginList>> EndLoginsAsync(string user, HttpContext context, IGrains grains) =>
        TypedResults.Ok(await User(grains, user).EndLoginsAsync(context.Caller()));

    private static IUserGrain User(IGrains grains, string user) => grains.Get<IUserGrain>(MailAddress.OfUser(user)?.UserId ?? AuthApi.ReadAddress(user).ToString());

    private static T? Read<T>(string field, string? text) where T : struct, Enum
    {
        if (string.IsNullOrEmpty(text))
            return null;
        // No user is in the state none.
        return text != "none" && EnumWords.Read<T>(text) is { } value ? value : throw new ApiException(ErrorTable.OutOfRange, $"{field}: '{text}' is none that there is.");
    }
}

/// <summary>What is said of a user.</summary>
/// <param name="Name">At most 100 characters.</param>
/// <param name="Email">At most 254 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UserChangeBody(string? Name = null, string? Email = null);

/// <summary>Who may sign in from now on.</summary>
/// <param name="Address">The wallet's, of 34 characters from T on.</param>
/// <param name="Email">Instead of it, for one who has no wallet and signs in by mail.</param>
/// <param name="Role">user, node_operator, admin or super_admin; user without it.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AdmitBody(string? Address = null, string? Email = null, string? Role = null);

/// <param name="Reason">1 to 255 characters, which the user is told.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SuspendBody([property: Required] string? Reason);

/// <summary>One page of users.</summary>
internal sealed record UserList(System.Collections.Immutable.ImmutableArray<UserView> Users, Pagination Pagination);
