using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Lucid.Evidence.Records;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Sessions;

/// <summary>A session's chunks.</summary>
internal static class ChunkApi
{
    private const int MaxCount = 1_000;

    public static void MapChunks(this IEndpointRouteBuilder api)
    {
        var chunks = api.MapGroup("/sessions/{id}/chunks").WithTags("Chunks").Fails(ErrorTable.BadUuid, ErrorTable.BadFormat, ErrorTable.NotFound);
        chunks.MapPut("/{index}", RecordAsync).Requires(Permission.CreateSession, orSessionToken: true).Needs(DiskOf.SessionsRecorder).WithMetadata(LeaseHeader.Chunk).ProducesText()
            .Fails(
                ErrorTable.MissingField, ErrorTable.OutOfRange, ErrorTable.DigestMismatch, ErrorTable.UnsupportedMediaType, ErrorTable.RequestTimeout,
                ErrorTable.ChunkTooLarge, ErrorTable.Fenced, ErrorTable.SessionState, ErrorTable.ChunkWindow, ErrorTable.ChunkConflict,
                ErrorTable.RecorderBusy, ErrorTable.NoRoom, ErrorTable.KeyDamaged, ErrorTable.KeyErased);
        chunks.MapGet("", ListAsync).Requires(Permission.ViewOwnSessions, orSessionToken: true).Fails(ErrorTable.OutOfRange);
        chunks.MapGet("/{index}", ReadAsync).Requires(Permission.ViewOwnSessions, orSessionToken: true).Needs(DiskOf.SessionsRecorder).ProducesBytes().Fails(ErrorTable.ChunkMissing, ErrorTable.ChunkDamaged, ErrorTable.RangeNotSatisfiable, ErrorTable.RecorderBusy);
        chunks.MapGet("/{index}/receipt", ReceiptAsync).Requires(Permission.ViewOwnSessions, orSessionToken: true).ProducesText().Fails(ErrorTable.ChunkMissing);
    }

    /// <summary>Record a chunk</summary>
    /// <remarks>
    /// The body is the plaintext, at most 10 MiB. Answers the chunk receipt, a note signed by the recorder, once the chunk is sealed, stored
    /// durably and counted. The same bytes again answer the same receipt. Not a byte of the body is read before the index is admitted.
    /// </remarks>
    /// <param name="index">From 0, over the whole session.</param>
    internal static async Task<ContentHttpResult> RecordAsync(Guid id, ulong index, HttpContext context, IRecorder recorder)
    {
        var upload = ChunkHeaders.Read(context.Caller(), id, index, context.Request);
        var received = await recorder.RecordAsync(upload, context.Request.Body, context.RequestAborted);
        context.Response.Headers[ChunkHeaders.Repeated] = received.Repeated ? "true" : "false";
        return TypedResults.Text(received.Receipt, ContentTypes.Text);
    }

    /// <summary>List a session's leaves: chunks and gaps</summary>
    /// <param name="from">The first index of the page.</param>
    /// <param name="count">Leaves on the page.</param>
    internal static async Task<Ok<LeafList>> ListAsync(Guid id, HttpContext context, IGrains grains, ulong from = 0, [Range(1, MaxCount)] int count = 100)
    {
        if (count is < 1 or > MaxCount)
            throw new ApiException(ErrorTable.OutOfRange, $"count is {count}; choose 1 to {MaxCount}.");
        var page = await grains.Session(id).LeavesAsync(context.Caller(), from, count);
        return TypedResults.Ok(new LeafList([.. page.Leaves.Select(leaf => LeafView.Of(leaf))], page.Next));
    }

    /// <summary>Read a chunk's ciphertext</summary>
    /// <remarks>Ranges are served, of bytes that were all held against the chunk's leaf first.</remarks>
    internal static async Task<FileStreamHttpResult> ReadAsync(
        Guid id, ulong index, HttpContext context, IGrains grains, IRecorder recorder, CancellationToken cancellation)
    {
        var session = await RequireCountedAsync(context.Caller(), id, index, grains);
        if (session.Status == SessionStatus.Erased)
            throw new ChunkMissingException($"Chunk {index} of session {id} was erased.");
        var leaf = index < session.NextIndex
            ? Leaf.Parse((await grains.Session(id).LeavesAsync(context.Caller(), index, 1)).Leaves[0])
            : Leaf.Parse((await ChunkAsync(id, index, grains)).Leaf.Span);
        if (leaf is not ChunkLeaf chunk)
            throw new ChunkMissingException($"Index {index} of session {id} is a gap.");
        return TypedResults.Stream(await recorder.OpenCiphertextAsync(context.Caller(), chunk, cancellation), ContentTypes.Bytes, enableRangeProcessing: true);
    }

    /// <summary>Read a chunk's receipt again</summary>
    internal static async Task<ContentHttpResult> ReceiptAsync(Guid id, ulong index, HttpContext context, IGrains grains)
    {
        await RequireCountedAsync(context.Caller(), id, index, grains);
        var chunk = await ChunkAsync(id, index, grains);
        return chunk.Receipt.Length > 0
            ? TypedResults.Text(chunk.Receipt, ContentTypes.Text)
            : throw new ChunkMissingException($"Session {id} has no receipt for chunk {index}.");
    }

    private static Task<ChunkRecord> ChunkAsync(Guid id, ulong index, IGrains grains) =>
        grains.Get<IChunkGrain>(string.Create(CultureInfo.InvariantCulture, $"{id:D}/{index}")).GetAsync();

    /// <summary>
    /// A chunk that is stored but not counted may still be replaced or dropped, or came when a gap stood in its place already: nothing of it is
    /// promised or shown.
    /// </summary>
    private static async Task<SessionView> RequireCountedAsync(Caller caller, Guid id, ulong index, IGrains grains)
    {
        var session = await grains.Session(id).GetAsync(caller);
        if (index >= session.NextIndex && !session.CountedAhead.Contains(index))
            throw new ChunkMissingException($"Session {id} has no chunk {index}; it has those below {session.NextIndex}.");
        if (session.GapCount > 0 && (await grains.Session(id).LeavesAsync(caller, index, 1)).Leaves is [var leaf] && Leaf.Parse(leaf) is GapLeaf gap)
            throw new ChunkMissingException($"Session {id} has no chunk {index}: in its place is a gap, {gap.Cause.Name()}.");
        return session;
    }
}

/// <summary>One page of leaves.</summary>
/// <param name="NextIndex">Where the next page begins.</param>
internal sealed record LeafList(ImmutableArray<LeafView> Chunks, ulong NextIndex);
