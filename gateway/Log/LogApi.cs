using Lucid.Evidence.Tiles;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Chain;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Log;

/// <summary>The log as any C2SP client reads it: checkpoint and tiles, for everyone, at the root of the log's prefix.</summary>
internal static class LogApi
{
    private const string ForEver = "public, max-age=31536000, immutable";

    public static void MapLog(this IEndpointRouteBuilder app)
    {
        var log = app.MapGroup("").WithTags("Log").AllowAnonymous().Needs(DiskOf.Ledger);
        log.MapGet("/checkpoint", CheckpointAsync).ProducesText().Fails(ErrorTable.ChainUnavailable);
        log.MapGet("/tile/{**path}", TileAsync).ProducesBytes().Fails(ErrorTable.NotFound);
    }

    /// <summary>Read the newest checkpoint</summary>
    /// <remarks>C2SP tlog-checkpoint, cosigned by more than two thirds of the validators.</remarks>
    internal static async Task<FileContentHttpResult> CheckpointAsync(ILogReader log, HttpResponse response, GatewayOptions options, CancellationToken cancellation)
    {
        var checkpoint = await log.CheckpointAsync(cancellation) ??
            throw new ApiException(ErrorTable.ChainUnavailable, "There is no checkpoint yet.", retryAfter: options.BlockInterval);
        response.Headers.CacheControl = "no-cache";
        return TypedResults.Bytes(checkpoint, ContentTypes.Text);
    }

    /// <summary>Read a tile or an entry bundle</summary>
    /// <remarks>C2SP tlog-tiles: level/index or entries/index, with .p/width where it is partial. What the published log does not have is 404.</remarks>
    /// <param name="path">Such as 0/x001/234, or entries/000.p/5.</param>
    internal static async Task<FileContentHttpResult> TileAsync(string? path, ILogReader log, HttpResponse response, CancellationToken cancellation)
    {
        if (TilePath.TryParse($"tile/{path}", out var tile) && await ReadAsync(tile, log, cancellation) is { } bytes)
        {
            response.Headers.CacheControl = ForEver;
            return TypedResults.Bytes(bytes, ContentTypes.Bytes);
        }
        throw new ApiException(ErrorTable.NotFound, "The published log has no such tile.");
    }

    private static ValueTask<byte[]?> ReadAsync(TilePath tile, ILogReader log, CancellationToken cancellation) => tile.IsEntries
        ? log.EntriesAsync(tile.Index, tile.Width, cancellation)
        : log.TileAsync(tile.Level, tile.Index, tile.Width, cancellation);
}
