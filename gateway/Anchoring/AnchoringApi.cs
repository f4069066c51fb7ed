using System.Text.Json.Serialization;
using Lucid.Evidence;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.Gateway.Sessions;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Anchoring;

/// <summary>Where the ledger holds sessions.</summary>
internal static class AnchoringApi
{
    public static void MapAnchoring(this IEndpointRouteBuilder api)
    {
        var anchoring = api.MapGroup("/anchoring").WithTags("Anchoring").Requires(Permission.ViewOwnSessions, orSessionToken: true).LimitedTo(RateLimit.Anchoring);
        anchoring.MapGet("/session/{id}", GetAsync).Fails(ErrorTable.BadUuid, ErrorTable.NotFound, ErrorTable.NoAnchor);
        anchoring.MapPost("/verify", VerifyAsync).AcceptsSmallJson().Fails(ErrorTable.NotFound, ErrorTable.NoAnchor);
    }

    /// <summary>Get the state of a session's anchor</summary>
    /// <remarks>pending until a final block holds it, then confirmed.</remarks>
    internal static async Task<Ok<AnchoringStatus>> GetAsync(Guid id, HttpContext context, IGrains grains)
    {
        var view = await grains.Session(id).GetAsync(context.Caller());
        var manifest = view.ManifestSha256 ?? throw NoManifest(id);
        return TypedResults.Ok(new AnchoringStatus(
            id, view.Anchor is null ? "pending" : "confirmed", manifest, view.MerkleRoot, view.Waiting,
            view.Anchor?.LogIndex, view.Anchor?.BlockHeight, view.Anchor?.BlockTime));
    }

    /// <summary>Check that a session is anchored with that Merkle root</summary>
    /// <remarks>By the inclusion proof, not by the session's word.</remarks>
    internal static async Task<Ok<AnchoringVerdict>> VerifyAsync(AnchoringQuestion body, HttpContext context, IGrains grains, GatewayOptions options)
    {
        if (body is not { SessionId: { } id, MerkleRoot: { } root })
            throw new ApiException(ErrorTable.MissingField, "session_id and merkle_root are both needed.");
        if ((await grains.Session(id).GetAsync(context.Caller())).ManifestSha256 is null)
            throw NoManifest(id);
        var proof = await SessionProof.FindAsync(context.Caller(), id, grains, options);
        var matches = proof.Manifest.SessionRoot == root;
        var included = proof.IsIncluded();
        return TypedResults.Ok(new AnchoringVerdict(
            matches && included, matches, included, proof.Receipt?.Index, proof.Receipt?.Block.Height,
            proof.Receipt is { } receipt ? DateTimeOffset.FromUnixTimeMilliseconds(receipt.BlockTimeMs) : null));
    }

    private static ApiException NoManifest(Guid id) => new(ErrorTable.NoAnchor, $"Session {id} has no manifest yet that could be anchored. Stop it first.");
}

/// <param name="Status">pending or confirmed.</param>
/// <param name="Waiting">What a pending anchor waits for, in words.</param>
internal sealed record AnchoringStatus(
    Guid SessionId, string Status, Hash256 ManifestSha256, Hash256 MerkleRoot, string? Waiting, ulong? LogIndex, long? BlockHeight,
    DateTimeOffset? ConfirmedAt);

/// <summary>A session and the root that it should be anchored with.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record AnchoringQuestion(Guid? SessionId = null, Hash256? MerkleRoot = null);

/// <param name="Verified">The log holds that session, with that root.</param>
/// <param name="MerkleRootMatches">The root is that of the session's manifest.</param>
/// <param name="MerkleProofValid">The log's inclusion proof of the session's anchor was checked and is right.</param>
internal sealed record AnchoringVerdict(
    bool Verified, bool MerkleRootMatches, bool MerkleProofValid, ulong? LogIndex, ulong? BlockHeight, DateTimeOffset? ConfirmationTime);
