using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace Lucid.Client;

/// <summary>
/// A Lucid node, or the gateway of a cluster, over its HTTP API: one method for each request, sorted by what it is about. Safe for use from many threads.
/// Every method throws <see cref="RefusedException"/> where the node answers with an error, <see cref="NodeUnreachableException"/> where it does not answer, and
/// <see cref="NodeUntrustedException"/> where somebody else might; what a message of theirs says a person can read.
/// </summary>
public sealed class LucidClient : IDisposable
{
    private static readonly ProductInfoHeaderValue _program = new("lucid", typeof(LucidClient).Assembly.GetName().Version?.ToString(3));

    private readonly HttpClient _http;
    private readonly Persistence? _persistence;
    private readonly TimeSpan _answerWithin;

    /// <param name="url">The root of the node, such as https://lucid.example.</param>
    /// <param name="credential">What lets us in; null to come as nobody.</param>
    /// <param name="options">Null for the defaults.</param>
    public LucidClient(Uri url, ICredential? credential = null, LucidClientOptions? options = null) : this(Always(new NodeAddress(url, credential)), options)
    {
    }

    /// <param name="locate">Where the node is now; asked before each request, since a node that was restarted may have moved.</param>
    /// <param name="options">Null for the defaults.</param>
    public LucidClient(Func<NodeAddress> locate, LucidClientOptions? options = null)
    {
        options ??= new LucidClientOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.AnswerWithin, TimeSpan.FromMilliseconds(1), nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.AnswerWithin, TimeSpan.FromHours(1), nameof(options));
        (Locate, Clock, _answerWithin) = (locate, options.Clock, options.AnswerWithin);
        // No deadline for a whole answer: evidence files may be large. AnswerWithin is for the beginning of one.
        // Nor are redirections followed: what is meant for one host, a refresh token say, is not taken to another.
        _http = new HttpClient(options.Handler ?? new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), UseProxy = false, AllowAutoRedirect = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(_program);
        if (options.Persistence is { } persistence)
            _persistence = new Persistence(persistence, options.Clock, new Random(), _ => Task.CompletedTask);
        (Sessions, Chunks, Recordings) = (new SessionsClient(this), new ChunksClient(this), new RecordingsClient(this));
        (Policies, Auth, Users, Audit) = (new PoliciesClient(this), new AuthClient(this), new UsersClient(this), new AuditClient(this));
        (Chain, Keys, Node) = (new ChainClient(this), new KeysClient(this), new NodeClient(this));
    }

    /// <summary>Where the node is, and as whom it is asked.</summary>
    public Func<NodeAddress> Locate { get; }

    /// <summary>Sessions from their beginning to their end, and who may see them.</summary>
    public SessionsClient Sessions { get; }

    /// <summary>What a session is recorded in.</summary>
    public ChunksClient Chunks { get; }

    /// <summary>What there is of a session once it was recorded: evidence, proofs, playback, key.</summary>
    public RecordingsClient Recordings { get; }

    /// <summary>Trust policies, and what they leave to their owners.</summary>
    public PoliciesClient Policies { get; }

    /// <summary>Signing in and out, logins, tokens of programs.</summary>
    public AuthClient Auth { get; }

    /// <summary>Who may sign in.</summary>
    public UsersClient Users { get; }

    /// <summary>The audit log.</summary>
    public AuditClient Audit { get; }

    /// <summary>The ledger, its log, and where it holds what.</summary>
    public ChainClient Chain { get; }

    /// <summary>The recorders' key rings.</summary>
    public KeysClient Keys { get; }

    /// <summary>The node itself, its health, and the cluster that it may be part of.</summary>
    public NodeClient Node { get; }

    internal TimeProvider Clock { get; }

    /// <summary>Reads a thing again that was read before.</summary>
    /// <param name="known">As a method named Get… answered it.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What it is now; null where it is still what is known.</returns>
    /// <exception cref="ArgumentException">It has no tag: it comes from a list, or from a request that changed it.</exception>
    public Task<T?> ReadIfChangedAsync<T>(T known, CancellationToken cancellation = default) where T : Tagged
    {
        if (known is not { ETag: { } tag, Path: { } path })
            throw new ArgumentException("It has no ETag: read it with a method named Get… first.", nameof(known));
        return AskAsync(ApiRequest.Get(path).With("If-None-Match", tag) with { AlsoAnswers = HttpStatusCode.NotModified }, async (answer, token) =>
            answer.StatusCode == HttpStatusCode.NotModified ? null : await ParseAsync<T>(path, answer, token), cancellation);
    }

    /// <summary>Ends its connections. What is being asked fails.</summary>
    public void Dispose() => _http.Dispose();

    /// <summary>An answer in JSON.</summary>
    internal Task<T> ReadAsync<T>(ApiRequest request, CancellationToken cancellation) =>
        AskAsync(request, (answer, token) => ParseAsync<T>(request.Path, answer, token), cancellation);

    internal Task<byte[]> ReadBytesAsync(string path, CancellationToken cancellation) =>
        AskAsync(ApiRequest.Get(path), (answer, token) => answer.Content.ReadAsByteArrayAsync(token), cancellation);

    internal Task<string> ReadTextAsync(string path, CancellationToken cancellation) =>
        AskAsync(ApiRequest.Get(path), (answer, token) => answer.Content.ReadAsStringAsync(token), cancellation);

    /// <summary>An answer that says nothing.</summary>
    internal Task SendAsync(ApiRequest request, CancellationToken cancellation) => AskAsync(request, (_, _) => Task.FromResult(true), cancellation);

    /// <summary>An answer that is read as it comes.</summary>
    internal Task<AnswerStream> OpenAsync(ApiRequest request, CancellationToken cancellation) =>
        PersistAsync(request, async token =>
        {
            var answer = await SendOnceAsync(request, token);
            return new AnswerStream(answer, await answer.Content.ReadAsStreamAsync(token));
        }, cancellation);

    /// <summary>An answer, read whole.</summary>
    internal Task<T> AskAsync<T>(ApiRequest request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellation) =>
        PersistAsync(request, async token =>
        {
            using var answer = await SendOnceAsync(request, token);
            try
            {
                return await read(answer, token);
            }
            catch (Exception e) when (IsLoss(e))
            {
                // The node may die before the end of what it has begun to answer.
                throw new NodeUnreachableException(answer.RequestMessage!.RequestUri!, e);
            }
        }, cancellation);

    /// <summary>A key for a request that creates something: the caller's, or one of our own where it may be sent several times.</summary>
    internal string? IdempotencyKey(string? given) => given ?? (_persistence is null ? null : Guid.NewGuid().ToString("N"));

    /// <summary>
    /// Whether this is how a lost connection shows. Where a node dies while a connection to it is being set up, HttpClient lets the socket's
    /// own exception through.
    /// </summary>
    internal static bool IsLoss(Exception e) => e is HttpRequestException or IOException or SocketException;

    private static Func<NodeAddress> Always(NodeAddress address) => () => address;

    private Task<T> PersistAsync<T>(ApiRequest request, Func<CancellationToken, Task<T>> send, CancellationToken cancellation) =>
        _persistence is null || request.Once ? send(cancellation) : _persistence.TryAsync(send, cancellation);

    private static async Task<T> ParseAsync<T>(string path, HttpResponseMessage answer, CancellationToken cancellation)
    {
        T? value;
        try
        {
            value = await answer.Content.ReadFromJsonAsync<T>(LucidJson.Options, cancellation) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new RefusedException(answer.StatusCode, "", $"{answer.RequestMessage?.RequestUri} answered what no Lucid node would: {e.Message}", e);
        }
        if (value is Tagged tagged)
            (tagged.ETag, tagged.Path) = (answer.Headers.ETag?.ToString(), path);
        return value;
    }

    /// <summary>Sends a request; once more with another token, where the node refuses one that can be renewed.</summary>
    private async Task<HttpResponseMessage> SendOnceAsync(ApiRequest request, CancellationToken cancellation)
    {
        var address = Locate();
        if (request.AsNobody || address.Credential is not { } credential)
            return await SendOnceAsync(request, address.Url, null, cancellation);
        var token = await credential.GetAsync(this, cancellation);
        for (var renewed = false; ; renewed = true)
        {
            try
            {
                return await SendOnceAsync(request, address.Url, token, cancellation);
            }
            catch (RefusedException refusal) when (refusal.Status == HttpStatusCode.Unauthorized)
            {
                // Whatever was wrong with it: a login whose role changed has tokens that are refused, and new ones that are not.
                token = renewed || token is null ? null : await credential.RenewAsync(this, token, cancellation);
                if (token is null)
                    throw credential.Explain(refusal);
            }
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(ApiRequest asked, Uri root, string? token, CancellationToken cancellation)
    {
        var url = new Uri(root, asked.Path);
        using var request = new HttpRequestMessage(asked.Method, url) { Content = asked.Content?.Invoke() };
        if (token is { Length: > 0 })
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        asked.Headers?.Invoke(request.Headers);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(_answerWithin);
        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        }
        catch (HttpRequestException e) when (e.InnerException is AuthenticationException untrusted)
        {
            // No loss: trying again would not help.
            throw new NodeUntrustedException(
                $"What answers at {url.GetLeftPart(UriPartial.Authority)} is not trusted: {untrusted.Message.TrimEnd('.')}. Check the address, or name the file with the certificate of its authority in SSL_CERT_FILE.", e);
        }
        catch (Exception e) when (IsLoss(e))
        {
            throw new NodeUnreachableException(url, e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new NodeUnreachableException(url, e);
        }
        if (answer.IsSuccessStatusCode || answer.StatusCode == asked.AlsoAnswers)
            return answer;
        using (answer)
            throw await RefusalAsync(answer, url, cancellation);
    }

    private static async Task<RefusedException> RefusalAsync(HttpResponseMessage answer, Uri url, CancellationToken cancellation)
    {
        ErrorBody? error = null;
        try
        {
            error = (await answer.Content.ReadFromJsonAsync<ErrorEnvelope>(LucidJson.Options, cancellation))?.Error;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException || IsLoss(e))
        {
            // Not an answer of ours; its status says what there is to say.
        }
        var moved = answer.Headers.Location is { } elsewhere ? new Uri(url, elsewhere) : null;
        var otherwise = moved is null
            ? $"{url} answered {(int)answer.StatusCode} {answer.ReasonPhrase}."
            : $"{url.GetLeftPart(UriPartial.Authority)} says that it has moved to {moved.GetLeftPart(UriPartial.Authority)}.";
        return new RefusedException(answer.StatusCode, error?.Code ?? "", error?.Message ?? otherwise)
        {
            RetryAfter = answer.Headers.RetryAfter?.Delta,
            RequestId = error?.RequestId,
            Details = error?.Details ?? ImmutableDictionary<string, string>.Empty,
            MovedTo = moved,
        };
    }
}
