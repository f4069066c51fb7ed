using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using Lucid.Evidence;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.Gateway.Preconditions;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Chain;

/// <summary>Final blocks.</summary>
internal static class BlockApi
{
    public static void MapBlocks(this IEndpointRouteBuilder api)
    {
        var blocks = api.MapGroup("/blocks").WithTags("Blocks").Requires(Permission.ViewLedger).LimitedTo(RateLimit.ChainQueries);
        blocks.MapGet("", ListAsync).Fails(ErrorTable.BadFormat, ErrorTable.OutOfRange);
        blocks.MapGet("/latest", LatestAsync).Fails(ErrorTable.ChainUnavailable);
        blocks.MapGet("/height/{height}", AtHeightAsync).Fails(ErrorTable.BadFormat, ErrorTable.NotFound);
        blocks.MapGet("/{id}", WithIdAsync).Fails(ErrorTable.BadFormat, ErrorTable.NotFound);
    }

    /// <summary>List blocks</summary>
    /// <param name="page">From 1.</param>
    /// <param name="limit">Blocks on a page.</param>
    /// <param name="height_from">The lowest height.</param>
    /// <param name="height_to">The highest height.</param>
    /// <param name="sort">Newest first by default.</param>
    internal static async Task<Ok<BlockList>> ListAsync(
        IGrains grains, GatewayOptions options,
        [Range(1, Paging.MaxPage)] int page = 1, [Range(1, Paging.MaxLimit)] int limit = Paging.DefaultLimit,
        ulong? height_from = null, ulong? height_to = null,
        [AllowedValues("height_desc", "height_asc")] string sort = "height_desc")
    {
        Paging.Check(page, limit);
        if (sort is not ("height_desc" or "height_asc"))
            throw new ApiException(ErrorTable.OutOfRange, $"sort: '{sort}' is neither height_desc nor height_asc.");
        var found = await grains.Chain(options).BlocksAsync(new BlockQuery(page, limit, height_from, height_to, Ascending: sort == "height_asc"));
        return TypedResults.Ok(new BlockList(found.Blocks, Pagination.Of(page, limit, (long)found.Total)));
    }

    /// <summary>Get the newest block</summary>
    internal static async Task<Tagged<BlockView>> LatestAsync(IGrains grains, GatewayOptions options)
    {
        var chain = grains.Chain(options);
        var latest = await chain.LatestAsync();
        return latest.Height > 0 && await chain.BlockAsync(latest.Height) is { } block
            ? new(block)
            : throw new ApiException(ErrorTable.ChainUnavailable, "There is no block yet.", retryAfter: options.BlockInterval);
    }

    /// <summary>Get the block at a height</summary>
    /// <param name="height">From 1.</param>
    internal static async Task<Tagged<BlockView>> AtHeightAsync(ulong height, IGrains grains, GatewayOptions options) =>
        height > 0 && await grains.Chain(options).BlockAsync(height) is { } block
            ? new(block)
            : throw new ApiException(ErrorTable.NotFound, $"There is no final block at height {height}.");

    /// <summary>Get a block by its id</summary>
    /// <param name="id">64 lower-case hexadecimal digits.</param>
    internal static async Task<Tagged<BlockView>> WithIdAsync(string id, IGrains grains, GatewayOptions options)
    {
        if (!Hash256.TryParse(id, out var hash))
            throw new ApiException(ErrorTable.BadFormat, "A block's id is 64 lower-case hexadecimal digits.");
        return await grains.Chain(options).BlockByIdAsync(hash) is { } block
            ? new(block)
            : throw new ApiException(ErrorTable.NotFound, $"There is no final block {hash}.");
    }
}

/// <summary>One page of blocks.</summary>
internal sealed record BlockList(ImmutableArray<BlockSummary> Blocks, Pagination Pagination);
