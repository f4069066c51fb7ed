using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Policies;
using Lucid.Gateway.Access;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Idempotency;
using Lucid.Gateway.Preconditions;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Policies;

/// <summary>Trust policies: what their owners say about the sessions that are recorded under them.</summary>
internal static class PolicyApi
{
    public static void MapPolicies(this IEndpointRouteBuilder api)
    {
        var policies = api.MapGroup("/trust/policies").WithTags("Trust policies");
        policies.MapGet("", ListAsync).Requires(Permission.ViewOwnSessions).Fails(ErrorTable.OutOfRange);
        policies.MapPost("", CreateAsync).Requires(Permission.CreateSession).Audits(AuditKind.PolicyChange, "policy_create", "policy", AuditTiming.After).AcceptsSmallJson().TakesIdempotencyKey();

        var one = policies.MapGroup("/{id}").Fails(ErrorTable.BadUuid, ErrorTable.NotFound);
        one.MapGet("", GetAsync).Requires(Permission.ViewOwnSessions);
        one.MapGet("/versions/{version}", VersionAsync).Requires(Permission.ViewOwnSessions).ProducesBytes(ContentTypes.Json).Fails(ErrorTable.BadFormat);
        one.MapGet("/versions/{version}/signed", SignedAsync).Requires(Permission.ViewOwnSessions).ProducesText().Fails(ErrorTable.BadFormat, ErrorTable.PolicyState);
        one.MapPost("/versions/{version}/evaluate", EvaluateAsync).Requires(Permission.ViewOwnSessions).AcceptsSmallJson()
            .Fails(ErrorTable.BadFormat);

        var state = one.MapGroup("").TakesIfMatch((context, grains) => grains.Policy(IdOf(context)).GetAsync(context.Caller())).Fails(ErrorTable.PolicyState);
        state.MapPut("", ChangeAsync).Requires(Permission.CreateSession).Audits(AuditKind.PolicyChange, "policy_change", "policy").AcceptsSmallJson();
        state.MapDelete("", DeleteAsync).Requires(Permission.CreateSession).Audits(AuditKind.PolicyChange, "policy_delete", "policy");
        state.MapPost("/activate", ActivateAsync).Requires(Permission.CreateSession).Audits(AuditKind.PolicyChange, "policy_activate", "policy").AcceptsSmallJson();
        state.MapPost("/deactivate", DeactivateAsync).Requires(Permission.CreateSession).Audits(AuditKind.PolicyChange, "policy_deactivate", "policy");
        state.MapPost("/revoke", RevokeAsync).Requires(Permission.CreateSession).Audits(AuditKind.PolicyChange, "policy_revoke", "policy", severity: AuditSeverity.Warning).AcceptsSmallJson();
    }

    /// <summary>List trust policies</summary>
    /// <remarks>The newest first.</remarks>
    /// <param name="page">From 1.</param>
    /// <param name="limit">Policies on a page.</param>
    /// <param name="owner">Those of that user, for administrators. Without it your own.</param>
    internal static async Task<Ok<PolicyList>> ListAsync(
        HttpContext context, IGrains grains, [Range(1, Paging.MaxPage)] int page = 1, [Range(1, Paging.MaxLimit)] int limit = Paging.DefaultLimit, string? owner = null)
    {
        Paging.Check(page, limit);
        var caller = context.Caller();
        if (owner?.Length > 256 || owner.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new ApiException(ErrorTable.OutOfRange, "owner: a user's id has at most 256 characters, all of them printable ASCII.");
        var found = await grains.Get<IPolicyIndexGrain>(string.IsNullOrEmpty(owner) ? caller.Subject : owner).ListAsync(caller, page, limit);
        var views = await Task.WhenAll(found.Policies.Select(id => FindAsync(grains.Policy(id), caller)));
        return TypedResults.Ok(new PolicyList([.. views.OfType<PolicyView>()], Pagination.Of(page, limit, found.Total)));
    }

    /// <summary>Draw up a trust policy</summary>
    /// <remarks>A draft, until your wallet has signed the statement that is answered, and activate was called with the signature.</remarks>
    internal static async Task<Created<PolicyView>> CreateAsync(PolicyBody body, HttpContext context, IGrains grains, TimeProvider clock)
    {
        var view = await grains.Policy(context.NewId(clock)).CreateAsync(context.Caller(), body.ToText());
        return TypedResults.Created($"{GatewayRoutes.Base}/trust/policies/{view.PolicyId:D}", view);
    }

    /// <summary>Get a trust policy</summary>
    /// <remarks>What its newest version says, and the statement to sign where that version is not signed yet.</remarks>
    internal static async Task<Tagged<PolicyView>> GetAsync(Guid id, HttpContext context, IGrains grains) =>
        new(await grains.Policy(id).GetAsync(context.Caller()));

    /// <summary>Draw up the next version</summary>
    /// <remarks>The whole of it. What was signed last stays in force until this one is signed; drawn up again before that, it is replaced.</remarks>
    internal static async Task<Tagged<PolicyView>> ChangeAsync(Guid id, PolicyBody body, HttpContext context, IGrains grains) =>
        new(await grains.Policy(id).ChangeAsync(context.Caller(), body.ToText()));

    /// <summary>Delete a draft</summary>
    /// <remarks>Only where no version was ever signed. Manifests may name the others: revoke them.</remarks>
    internal static async Task<NoContent> DeleteAsync(Guid id, HttpContext context, IGrains grains)
    {
        await grains.Policy(id).DeleteAsync(context.Caller());
        return TypedResults.NoContent();
    }

    /// <summary>Put a trust policy into force</summary>
    /// <remarks>With your wallet's signature over the statement of the newest version; without one the version that was in force before.</remarks>
    internal static async Task<Tagged<PolicyView>> ActivateAsync(Guid id, SignatureBody body, HttpContext context, IGrains grains)
    {
        var view = await grains.Policy(id).ActivateAsync(context.Caller(), body.Signature);
        // What manifests name, and so what the log is held against.
        var active = view.Versions.Single(one => one.Version == view.ActiveVersion);
        context.Note("version", active.Version.ToString(CultureInfo.InvariantCulture));
        context.Note("sha256", active.Sha256.ToString());
        return new(view);
    }

    /// <summary>Take a trust policy out of force</summary>
    /// <remarks>No new session is recorded under it. Those that there are stay under it.</remarks>
    internal static async Task<Tagged<PolicyView>> DeactivateAsync(Guid id, HttpContext context, IGrains grains) =>
        new(await grains.Policy(id).DeactivateAsync(context.Caller()));

    /// <summary>Revoke a trust policy, for good</summary>
    /// <remarks>As deactivate, and what it allowed to others than a session's owner is allowed no more. What is being recorded goes on.</remarks>
    internal static async Task<Tagged<PolicyView>> RevokeAsync(Guid id, RevokeBody body, HttpContext context, IGrains grains)
    {
        if (string.IsNullOrEmpty(body.Reason))
            throw new ApiException(ErrorTable.MissingField, "reason is missing: whoever sees the policy is told it.");
        return new(await grains.Policy(id).RevokeAsync(context.Caller(), body.Reason));
    }

    /// <summary>Read a version's exact bytes</summary>
    /// <remarks>Their SHA-256 is what its owner signs, and what manifests name.</remarks>
    /// <param name="version">From 1.</param>
    internal static async Task<FileContentHttpResult> VersionAsync(Guid id, int version, HttpContext context, IGrains grains) =>
        TypedResults.Bytes((await grains.Policy(id).VersionAsync(context.Caller(), version)).Bytes, ContentTypes.Json);

    /// <summary>Read a version with its owner's signature</summary>
    /// <remarks>One file, which lucid verify --policy checks offline.</remarks>
    /// <param name="version">From 1.</param>
    internal static async Task<ContentHttpResult> SignedAsync(Guid id, int version, HttpContext context, IGrains grains)
    {
        var document = await grains.Policy(id).VersionAsync(context.Caller(), version);
        if (document.Signature is null)
            throw new ApiException(ErrorTable.PolicyState, $"Version {version} of policy {id:D} is not signed.");
        var signature = RecoverableSignature.Read(Convert.FromHexString(document.Signature), out _)!;
        return TypedResults.Text(Encoding.UTF8.GetString(new SignedPolicy(signature, document.Bytes).Encode()), ContentTypes.Text);
    }

    /// <summary>Try a version out</summary>
    /// <remarks>What it says of a request, whether or not it is in force. Nothing is done.</remarks>
    /// <param name="version">From 1.</param>
    internal static async Task<Ok<PolicyAnswer>> EvaluateAsync(Guid id, int version, TrialBody body, HttpContext context, IGrains grains, TimeProvider clock) =>
        TypedResults.Ok(await grains.Policy(id).EvaluateAsync(context.Caller(), version, body.ToRequest(clock)));

    public static ITrustPolicyGrain Policy(this IGrains grains, Guid id) => grains.Get<ITrustPolicyGrain>(id.ToString("D"));

    /// <summary>The id in the route, which binding has found to be one.</summary>
    private static Guid IdOf(HttpContext context) => Guid.Parse((string)context.GetRouteValue("id")!);

    /// <summary>Null for one whose making or deleting was cut off: it is listed, and not there.</summary>
    private static async Task<PolicyView?> FindAsync(ITrustPolicyGrain policy, Caller caller)
    {
        try
        {
            return await policy.GetAsync(caller);
        }
        catch (PolicyUnknownException)
        {
            return null;
        }
    }
}

/// <summary>One page of trust policies.</summary>
internal sealed record PolicyList(ImmutableArray<PolicyView> Policies, Pagination Pagination);
