using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Lucid.Cli.Recording;
using Lucid.Evidence.Compression;

namespace Lucid.Cli.Node;

/// <summary>
/// The node's HTTP API, typed: one method is one request, tried once. An answer that is an error is a <see cref="NodeException"/>, none is
/// a <see cref="NodeUnreachableException"/>; see <see cref="Persistence"/> for trying again.
/// </summary>
internal sealed class NodeClient : IDisposable
{
    private const string Api = "api/v1/";

    /// <summary>How long the node may take to begin its answer. It answers 503 itself long before when it is busy.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(2);

    private static readonly ProductInfoHeaderValue _program = new("lucid", typeof(NodeClient).Assembly.GetName().Version?.ToString(3));

    private readonly HttpClient _http;

    /// <param name="locate">Where the node is now; asked before each request, since a node that was restarted may have moved.</param>
    public NodeClient(Func<NodeAddress> locate, HttpMessageHandler? handler = null)
    {
        Locate = locate;
        // No deadline for a whole answer: evidence files may be large. See AnswerWithin for the beginning of one.
        // Nor are redirections followed: what is meant for one host, a refresh token say, is not taken to another.
        _http = new HttpClient(handler ?? new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), UseProxy = false, AllowAutoRedirect = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(_program);
        Identity = new IdentityClient(this);
        Policies = new PolicyClient(this);
    }

    public Func<NodeAddress> Locate { get; }

    public IdentityClient Identity { get; }

    public PolicyClient Policies { get; }

    /// <summary>Whether a node answers there at all.</summary>
    public async Task<bool> IsAliveAsync(CancellationToken cancellation)
    {
        try
        {
            using var _ = await SendAsync(HttpMethod.Get, "health/live", asNobody: true, cancellation: cancellation);
            return true;
        }
        catch (Exception e) when (e is NodeException or NodeUnreachableException)
        {
            return false;
        }
    }

    public Task<SessionView> CreateAsync(NewSession session, CancellationToken cancellation) =>
        ReadAsync<SessionView>(HttpMethod.Post, Api + "sessions", cancellation, () => JsonContent.Create(session, options: NodeJson.Options));

    public Task<SessionPage> ListAsync(int page, int limit, string? status, CancellationToken cancellation) =>
        ReadAsync<SessionPage>(
            HttpMethod.Get,
            $"{Api}sessions?page={page}&limit={limit}{(status is null ? "" : "&status=" + Uri.EscapeDataString(status))}",
            cancellation);

    public Task<SessionView> GetAsync(Guid session, CancellationToken cancellation) =>
        ReadAsync<SessionView>(HttpMethod.Get, $"{Api}sessions/{session:D}", cancellation);

    public Task<LeafPage> GetLeavesAsync(Guid session, ulong from, int count, CancellationToken cancellation) =>
        ReadAsync<LeafPage>(HttpMethod.Get, $"{Api}sessions/{session:D}/chunks?from={from}&count={count}", cancellation);

    public Task<PipelineView> GetPipelineAsync(Guid session, CancellationToken cancellation) =>
        ReadAsync<PipelineView>(HttpMethod.Get, $"{Api}sessions/{session:D}/pipeline", cancellation);

    /// <summary>Stores a chunk. The same bytes again are answered with the same receipt, so this may be tried again at will.</summary>
    public async Task<ChunkReceipt> PutChunkAsync(Guid session, long lease, Chunk chunk, CancellationToken cancellation)
    {
        var digest = Crc32c.ContentDigestOf(chunk.Bytes.Span);
        using var answer = await SendAsync(HttpMethod.Put, $"{Api}sessions/{session:D}/chunks/{chunk.Index}", request =>
        {
            request.Content = new ReadOnlyMemoryContent(chunk.Bytes);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            // RFC 9530: the node refuses bytes that were damaged on the way.
            request.Content.Headers.Add("Content-Digest", digest);
            request.Headers.Add("Lucid-Lease", lease.ToString());
            request.Headers.Add("Lucid-Chunk-Time", $"{chunk.StartMs},{chunk.EndMs}");
            request.Headers.Add("Lucid-Track", chunk.Track.ToString());
            // A node that has no room refuses before megabytes are on their way.
            request.Headers.ExpectContinue = chunk.Length > 1024 * 1024;
        }, cancellation: cancellation);
        var repeated = answer.Headers.TryGetValues("Lucid-Repeated", out var values) && values.Contains("true", StringComparer.Ordinal);
        return new ChunkReceipt(await WholeAsync(answer, body => body.ReadAsStringAsync(cancellation)), repeated);
    }

    /// <param name="query">Filters, each begun by an ampersand.</param>
    public Task<AuditEventPage> AuditEventsAsync(int limit, string? cursor, string query, CancellationToken cancellation) =>
        ReadAsync<AuditEventPage>(HttpMethod.Get, $"{Api}audit/events?limit={limit}{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}{query}", cancellation);

    public Task<byte[]> ExportAuditAsync(string format, string query, CancellationToken cancellation) =>
        ReadBytesAsync($"{Api}audit/export?format={format}{query}", cancellation);

    public Task HeartbeatAsync(Guid session, long lease, CancellationToken cancellation) =>
        PostAsync(session, "heartbeat", lease, cancellation);

    public Task PauseAsync(Guid session, long lease, CancellationToken cancellation) => PostAsync(session, "pause", lease, cancellation);

    public Task RecoverAsync(Guid session, CancellationToken cancellation) => PostAsync(session, "recover", null, cancellation);

    /// <summary>A new lease of the session; or of a new session that continues it, if it was closed as interrupted meanwhile.</summary>
    public Task<SessionView> ResumeAsync(Guid session, CancellationToken cancellation) =>
        ReadAsync<SessionView>(HttpMethod.Post, $"{Api}sessions/{session:D}/resume", cancellation);

    public async Task StopAsync(Guid session, long lease, bool acceptGaps, CancellationToken cancellation)
    {
        using var _ = await SendAsync(
            HttpMethod.Post, $"{Api}sessions/{session:D}/stop{(acceptGaps ? "?accept_gaps=true" : "")}", Lease(lease), cancellation: cancellation);
    }

    public Task<SessionView> EraseAsync(Guid session, CancellationToken cancellation) =>
        ReadAsync<SessionView>(HttpMethod.Delete, $"{Api}sessions/{session:D}", cancellation);

    /// <summary>The evidence file. Dispose it when done reading; reading throws <see cref="NodeUnreachableException"/> where it breaks off.</summary>
    /// <param name="skipDamaged">Without the ciphertext of damaged chunks, which <see cref="AnswerStream.SkippedChunks"/> then names.</param>
    public Task<AnswerStream> OpenEvidenceAsync(Guid session, bool full, bool skipDamaged, CancellationToken cancellation) =>
        OpenAsync($"{Api}sessions/{session:D}/evidence?full={(full ? "true" : "false")}{(skipDamaged ? "&skip_damaged=true" : "")}", cancellation);

    /// <summary>The evidence without ciphertext, its receipt under the node's newest checkpoint.</summary>
    public Task<byte[]> GetRenewedProofAsync(Guid session, CancellationToken cancellation) =>
        ReadBytesAsync($"{Api}sessions/{session:D}/evidence?renew=true", cancellation);

    /// <summary>The plaintext of one track, as <see cref="OpenEvidenceAsync"/>.</summary>
    public Task<AnswerStream> OpenPlaybackAsync(Guid session, int track, CancellationToken cancellation) =>
        OpenAsync($"{Api}sessions/{session:D}/playback?track={track}", cancellation);

    public Task<byte[]> GetKeyAsync(Guid session, CancellationToken cancellation) =>
        ReadBytesAsync($"{Api}sessions/{session:D}/key", cancellation);

    public Task<string> GetValidatorsAsync(CancellationToken cancellation) => ReadTextAsync(Api + "chain/validators", cancellation);

    /// <param name="recorder">Of a cluster, whose recorders have a key ring each; else null.</param>
    public Task<byte[]> GetRecoveryKeyAsync(string? recorder, CancellationToken cancellation) => ReadBytesAsync($"{Api}keys/recovery{Of(recorder)}", cancellation);

    /// <param name="recorder">As for <see cref="GetRecoveryKeyAsync"/>.</param>
    public async Task<string> RotateKeysAsync(string? recorder, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Post, $"{Api}keys/rotate{Of(recorder)}", cancellation: cancellation);
        return await WholeAsync(answer, body => body.ReadAsStringAsync(cancellation));
    }

    /// <summary>The bytes behind any path from the node's root, such as a tile of its log.</summary>
    public async Task<byte[]> ReadBytesAsync(string path, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, cancellation: cancellation);
        return await WholeAsync(answer, body => body.ReadAsByteArrayAsync(cancellation));
    }

    /// <summary>The text behind any path from the node's root.</summary>
    public async Task<string> ReadTextAsync(string path, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, cancellation: cancellation);
        return await WholeAsync(answer, body => body.ReadAsStringAsync(cancellation));
    }

    public Task<ClusterView> GetClusterAsync(CancellationToken cancellation) => ReadAsync<ClusterView>(HttpMethod.Get, Api + "cluster/status", cancellation);

    public void Dispose() => _http.Dispose();

    private static string Of(string? recorder) => recorder is null ? "" : $"?recorder={Uri.EscapeDataString(recorder)}";

    private static Action<HttpRequestMessage> Lease(long? lease) => request =>
    {
        if (lease is { } value)
            request.Headers.Add("Lucid-Lease", value.ToString());
    };

    private async Task PostAsync(Guid session, string action, long? lease, CancellationToken cancellation)
    {
        using var _ = await SendAsync(HttpMethod.Post, $"{Api}sessions/{session:D}/{action}", Lease(lease), cancellation: cancellation);
    }

    /// <summary>An answer in JSON.</summary>
    /// <param name="content">Makes the body, once for each time that it is sent.</param>
    /// <param name="asNobody">Shows no token.</param>
    public async Task<T> ReadAsync<T>(HttpMethod method, string path, CancellationToken cancellation, Func<HttpContent>? content = null, bool asNobody = false)
    {
        using var answer = await SendAsync(method, path, request => request.Content = content?.Invoke(), asNobody, cancellation);
        try
        {
            return await WholeAsync(answer, body => body.ReadFromJsonAsync<T>(NodeJson.Options, cancellation))
                ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new NodeException(answer.StatusCode, "", $"{answer.RequestMessage?.RequestUri} answered what no Lucid node would: {e.Message}", null);
        }
    }

    private async Task<AnswerStream> OpenAsync(string path, CancellationToken cancellation)
    {
        var answer = await SendAsync(HttpMethod.Get, path, cancellation: cancellation);
        return new AnswerStream(answer, await answer.Content.ReadAsStreamAsync(cancellation));
    }

    /// <summary>The body of an answer that has begun: the node may die before its end.</summary>
    private static async Task<T> WholeAsync<T>(HttpResponseMessage answer, Func<HttpContent, Task<T>> read)
    {
        try
        {
            return await read(answer.Content);
        }
        catch (Exception e) when (IsLoss(e))
        {
            throw new NodeUnreachableException(answer.RequestMessage!.RequestUri!, e);
        }
    }

    /// <summary>Sends a request; once more with another token, where the node refuses one that can be renewed.</summary>
    /// <param name="prepare">Called for each time that it is sent.</param>
    /// <param name="asNobody">Shows no token.</param>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, Action<HttpRequestMessage>? prepare = null, bool asNobody = false, CancellationToken cancellation = default)
    {
        var address = Locate();
        if (asNobody || address.Credential is not { } credential)
            return await SendAsync(method, new Uri(address.Url, path), null, prepare, cancellation);
        var token = await credential.GetAsync(this, cancellation);
        for (var renewed = false; ; renewed = true)
        {
            try
            {
                return await SendAsync(method, new Uri(address.Url, path), token, prepare, cancellation);
            }
            catch (NodeException refusal) when (refusal.Status == HttpStatusCode.Unauthorized)
            {
                // Whatever was wrong with it: a login whose role changed has tokens that are refused, and new ones that are not.
                token = renewed || token is null ? null : await credential.RenewAsync(this, token, cancellation);
                if (token is null)
                    throw credential.Explain(refusal);
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri url, string? token, Action<HttpRequestMessage>? prepare, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, url);
        if (token is { Length: > 0 })
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        prepare?.Invoke(request);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(AnswerWithin);
        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        }
        catch (HttpRequestException e) when (e.InnerException is AuthenticationException untrusted)
        {
            // No loss: trying again would not help.
            throw new CliException(
                $"What answers at {url.GetLeftPart(UriPartial.Authority)} is not trusted: {untrusted.Message.TrimEnd('.')}. Check the address, or name the file with the certificate of its authority in SSL_CERT_FILE.", e, ExitCode.NoNode);
        }
        catch (Exception e) when (IsLoss(e))
        {
            throw new NodeUnreachableException(url, e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new NodeUnreachableException(url, e);
        }
        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
            throw await RefusalAsync(answer, cancellation);
    }

    /// <summary>
    /// Whether this is how a lost connection shows. Where a node dies while a connection to it is being set up, HttpClient lets the socket's
    /// own exception through.
    /// </summary>
    public static bool IsLoss(Exception e) => e is HttpRequestException or IOException or SocketException;

    private static async Task<Exception> RefusalAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var retryAfter = answer.Headers.RetryAfter?.Delta;
        ErrorBody? error = null;
        try
        {
            error = (await answer.Content.ReadFromJsonAsync<ErrorEnvelope>(NodeJson.Options, cancellation))?.Error;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException || IsLoss(e))
        {
            // Not an answer of ours; its status says what there is to say.
        }
        var url = answer.RequestMessage?.RequestUri;
        var otherwise = answer.Headers.Location is { } elsewhere && url is not null
            ? $"{url.GetLeftPart(UriPartial.Authority)} says that it has moved to {new Uri(url, elsewhere).GetLeftPart(UriPartial.Authority)}: name that with --url, if you trust it."
            : $"{url} answered {(int)answer.StatusCode} {answer.ReasonPhrase}.";
        return new NodeException(answer.StatusCode, error?.Code ?? "", error?.Message ?? otherwise, retryAfter);
    }
}
