using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Lucid.Evidence;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.Gateway.Preconditions;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Lists;
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
    /// <remarks>
    /// By number with page, or from where the last answer ended with cursor, which names a height: new blocks move nothing. Each answer but the last one has a
    /// next_cursor; send it with the same sort, height_from and height_to.
    /// </remarks>
    /// <param name="page">From 1, which is what is answered without page and cursor.</param>
    /// <param name="limit">Blocks on a page.</param>
    /// <param name="height_from">The lowest height.</param>
    /// <param name="height_to">The highest height.</param>
    /// <param name="sort">Newest first by default.</param>
    /// <param name="cursor">The next_cursor of the page before. Not together with page.</param>
    internal static async Task<Ok<BlockList>> ListAsync(
        IGrains grains, GatewayOptions options,
        [Range(1, Paging.MaxPage)] int? page = null, [Range(1, Paging.MaxLimit)] int limit = Paging.DefaultLimit,
        ulong? height_from = null, ulong? height_to = null,
        [AllowedValues("height_desc", "height_asc")] string sort = "height_desc", [StringLength(ListCursor.MaxLength, MinimumLength = 1)] string? cursor = null)
    {
        Paging.Check(page ?? 1, limit);
        if (sort is not ("height_desc" or "height_asc"))
            throw new ApiException(ErrorTable.OutOfRange, $"sort: '{sort}' is neither height_desc nor height_asc.");
        var query = new BlockQuery(page ?? 1, limit, height_from, height_to, Ascending: sort == "height_asc");
        var after = Paging.After(cursor, page, sort, id => ReadHeight(id) is not null);
        if (after is not null)
            query = Behind(query, ReadHeight(after.Id)!.Value);
        var found = await grains.Chain(options).BlocksAsync(query);
        var isLast = found.Blocks.IsEmpty || found.Total <= (ulong)query.Page * (ulong)limit;
        var next = isLast ? null : new ListPosition(sort, found.Blocks[^1].Height.ToString(CultureInfo.InvariantCulture));
        return TypedResults.Ok(new BlockList(found.Blocks, Pagination.Of(query.Page, limit, after is null ? (long)found.Total : null, next)));
    }

    /// <summary>The height of a cursor, in its one spelling; null where it is none.</summary>
    private static ulong? ReadHeight(string id) =>
        ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var height) && height is > 0 and < ulong.MaxValue && height.ToString(CultureInfo.InvariantCulture) == id ? height : null;

    /// <summary>What follows a height, within what was asked for.</summary>
    private static BlockQuery Behind(BlockQuery query, ulong height) => query.Ascending
        ? query with { From = Math.Max(query.From ?? 0, height + 1) }
        : query with { To = Math.Min(query.To ?? ulong.MaxValue, height - 1) };

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
