using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Lucid.Evidence;
using Lucid.Evidence.Merkle;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Anchoring;

/// <summary>Merkle proofs, checked for whoever has no verifier at hand.</summary>
internal static class MerkleApi
{
    /// <summary>A tree of 2^64 leaves needs no more.</summary>
    private const int MaxProof = 64;

    public static void MapMerkle(this IEndpointRouteBuilder api) =>
        api.MapPost("/merkle/verify", Verify).WithTags("Anchoring").Requires(Permission.ViewLedger).LimitedTo(RateLimit.Merkle).AcceptsSmallJson()
            .Fails(ErrorTable.OutOfRange);

    /// <summary>Check an inclusion proof</summary>
    /// <remarks>RFC 6962: whether the leaf with that hash stands at the index of the tree with that size and root.</remarks>
    internal static Ok<MerkleProofVerdict> Verify(MerkleProofBody body)
    {
        if (body is not { RootHash: { } root, LeafHash: { } leaf, ProofPath: { } proof, LeafIndex: { } index, TreeSize: { } size })
            throw new ApiException(ErrorTable.MissingField, "root_hash, leaf_hash, proof_path, leaf_index and tree_size are all needed.");
        if (index >= size)
            throw new ApiException(ErrorTable.OutOfRange, $"leaf_index is {index}; a tree of {size} leaves has none there.");
        if (proof.Length > MaxProof)
            throw new ApiException(ErrorTable.OutOfRange, $"proof_path has {proof.Length} hashes; no tree needs more than {MaxProof}.");
        return TypedResults.Ok(new MerkleProofVerdict(InclusionProof.Verify(index, size, leaf, proof, root)));
    }
}

/// <summary>An inclusion proof.</summary>
/// <param name="ProofPath">The hashes beside the way from the leaf to the root, lowest first.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record MerkleProofBody(
    Hash256? RootHash = null, Hash256? LeafHash = null, ImmutableArray<Hash256>? ProofPath = null, ulong? LeafIndex = null, ulong? TreeSize = null);

/// <param name="Verified">The leaf stands there.</param>
internal sealed record MerkleProofVerdict(bool Verified);
