using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Headers;
using Lucid.Evidence.Compression;
using static Lucid.Client.ApiRequest;

namespace Lucid.Client;

/// <summary>What a session is recorded in.</summary>
public sealed class ChunksClient
{
    private readonly LucidClient _client;

    internal ChunksClient(LucidClient client) => _client = client;

    /// <summary>
    /// Stores a chunk, and returns once it is sealed, durable and counted. The same bytes again are answered with the same receipt, so this may be tried again at
    /// will; with a CRC-32C, bytes that were damaged on the way are refused.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="lease">The newest; 4101 (409) where somebody else has taken the session over.</param>
    /// <param name="chunk">What to store.</param>
    /// <param name="cancellation">Gives up. The chunk may have been stored.</param>
    public Task<StoredChunk> PutAsync(Guid session, long lease, NewChunk chunk, CancellationToken cancellation = default)
    {
        var digest = Crc32c.ContentDigestOf(chunk.Bytes.Span);
        var request = new ApiRequest(HttpMethod.Put, Of(session, chunk.Index))
        {
            Content = () =>
            {
                var content = new ReadOnlyMemoryContent(chunk.Bytes);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                // RFC 9530: the node refuses bytes that were damaged on the way.
                content.Headers.Add("Content-Digest", digest);
                return content;
            },
            // A node that has no room refuses before megabytes are on their way.
            Headers = headers => headers.ExpectContinue = chunk.Bytes.Length > 1024 * 1024,
        };
        var time = chunk.TimeMs is { } given ? string.Create(CultureInfo.InvariantCulture, $"{given.Start},{given.End}") : null;
        return _client.AskAsync(
            request.WithLease(lease).With("Lucid-Chunk-Time", time).With("Lucid-Track", chunk.Track.ToString(CultureInfo.InvariantCulture)),
            async (answer, token) => new StoredChunk(
                await answer.Content.ReadAsStringAsync(token), answer.Headers.TryGetValues("Lucid-Repeated", out var values) && values.Contains("true", StringComparer.Ordinal)),
            cancellation);
    }

    /// <summary>The leaves of a session, in order: its chunks and its gaps.</summary>
    /// <param name="session">The session.</param>
    /// <param name="from">The first index.</param>
    /// <param name="cancellation">Gives up.</param>
    public IAsyncEnumerable<LeafView> ListAsync(Guid session, ulong from = 0, CancellationToken cancellation = default) => Pages.WalkAsync(
        (next, token) => GetPageAsync(session, next is null ? from : ulong.Parse(next, CultureInfo.InvariantCulture), LeafPage.Most, token),
        // A page that is not full is the last one.
        page => (page.Chunks, page.Chunks.Length < LeafPage.Most ? null : page.NextIndex.ToString(CultureInfo.InvariantCulture)),
        cancellation);

    /// <summary>A page of them.</summary>
    /// <param name="session">The session.</param>
    /// <param name="from">The first index.</param>
    /// <param name="count">1 to 1,000.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<LeafPage> GetPageAsync(Guid session, ulong from = 0, int count = LeafPage.Most, CancellationToken cancellation = default) =>
        _client.ReadAsync<LeafPage>(Get(Query($"{SessionsClient.Of(session)}/chunks", ("from", from), ("count", count))), cancellation);

    /// <summary>A chunk's ciphertext, held against its leaf.</summary>
    /// <exception cref="RefusedException">4105: it was never sealed, or is erased. 4108: it is damaged.</exception>
    public Task<AnswerStream> OpenAsync(Guid session, ulong index, CancellationToken cancellation = default) => _client.OpenAsync(Get(Of(session, index)), cancellation);

    /// <summary>A chunk's receipt again: a signed note.</summary>
    public Task<string> GetReceiptAsync(Guid session, ulong index, CancellationToken cancellation = default) => _client.ReadTextAsync($"{Of(session, index)}/receipt", cancellation);

    private static string Of(Guid session, ulong index) => string.Create(CultureInfo.InvariantCulture, $"{SessionsClient.Of(session)}/chunks/{index}");
}

/// <summary>A chunk to store.</summary>
/// <param name="Index">Its place in the session, from 0, and at most 10 beyond the lowest missing one.</param>
/// <param name="Bytes">1 byte to 10 MiB. They may not change until the chunk is stored.</param>
public sealed record NewChunk(ulong Index, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>0 to 255.</summary>
    public int Track { get; init; }

    /// <summary>When its first byte came and when it was cut, in ms since the session's start. Null: by the recorder's clock.</summary>
    public (long Start, long End)? TimeMs { get; init; }
}

/// <summary>A chunk that is stored.</summary>
/// <param name="Receipt">A signed note. One after the other they are a file for `lucid verify --receipts`.</param>
/// <param name="Repeated">The chunk had been stored before.</param>
public sealed record StoredChunk(string Receipt, bool Repeated);

/// <summary>A leaf of a session.</summary>
/// <param name="Index">Its place.</param>
/// <param name="Kind">chunk or gap.</param>
/// <param name="Track">0 to 255.</param>
/// <param name="StartMs">Since the session's start.</param>
/// <param name="EndMs">Since the session's start.</param>
/// <param name="PlainLength">Bytes of plaintext, of a chunk.</param>
/// <param name="CipherLength">Bytes of ciphertext, of a chunk.</param>
/// <param name="Cause">Of a gap: paused, lost, recorder_crash, node_down or overload.</param>
/// <param name="Codec">How a chunk is compressed.</param>
/// <param name="ChunkRoot">The root over a chunk's segments: 64 hexadecimal digits.</param>
public sealed record LeafView(
    ulong Index, string Kind, int Track, long StartMs, long EndMs, long? PlainLength, long? CipherLength, string? Cause, string? Codec = null, string? ChunkRoot = null);

/// <summary>Some leaves in order.</summary>
/// <param name="Chunks">Those.</param>
/// <param name="NextIndex">Where the next ones begin.</param>
public sealed record LeafPage(ImmutableArray<LeafView> Chunks, ulong NextIndex)
{
    /// <summary>Most leaves of a page.</summary>
    public const int Most = 1000;
}
