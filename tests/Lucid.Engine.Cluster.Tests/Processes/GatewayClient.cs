using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Lucid.Engine.Cluster.Tests.Processes;

/// <param name="Path">Below /api/v1/.</param>
internal sealed record GatewayRequest(HttpMethod Method, string Path)
{
    public long? Lease { get; init; }
    public string? Times { get; init; }
    public string? Digest { get; init; }
    public string? MediaType { get; init; }
    public ReadOnlyMemory<byte>? Body { get; init; }

    public override string ToString() => $"{Method} {Path}";
}

/// <summary>An answer that came whole.</summary>
internal sealed record GatewayAnswer(GatewayRequest Request, HttpStatusCode Status, TimeSpan? RetryAfter, byte[] Body)
{
    public bool IsOk => (int)Status is >= 200 and < 300;
    public string Text => Encoding.UTF8.GetString(Body);
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public GatewayAnswer Require(bool holds)
    {
        Assert.True(holds, ToString());
        return this;
    }

    public override string ToString() => $"{Request} was answered {(int)Status}: {(Body.Length < 2000 ? Text : $"{Body.Length} bytes")}";
}

/// <summary>What a client of the API does: whatever says that it may help to ask again is asked again, for as long as <see cref="Patience"/>.</summary>
internal sealed class GatewayClient : IDisposable
{
    /// <summary>How long one request may be in trouble before whoever records gives up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _shortestPause = TimeSpan.FromMilliseconds(100);

    // Longer than the gateway's own deadline: every request is answered.
    private static readonly TimeSpan _answers = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;

    public GatewayClient(Uri url, string token)
    {
        _http = new HttpClient { BaseAddress = new Uri(url, "/api/v1/"), Timeout = _answers };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Asks until there is an answer that asking again would not change, and requires that it is no refusal.</summary>
    public async Task<GatewayAnswer> SendAsync(GatewayRequest request, CancellationToken cancellation)
    {
        var trouble = "";
        for (var asked = Stopwatch.StartNew(); ;)
        {
            var pause = _shortestPause;
            try
            {
                var answer = await TryAsync(request, cancellation);
                if (answer.IsOk)
                    return answer;
                answer.Require(answer.Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout);
                (trouble, pause) = (answer.ToString(), answer.RetryAfter ?? pause);
            }
            catch (HttpRequestException broken)
            {
                trouble = $"{request}: {broken.Message}";
            }
            Assert.True(asked.Elapsed < Patience, $"{request} was in vain for {Patience.TotalSeconds} s, at last: {trouble}");
            await Task.Delay(pause < _longestPause ? pause : _longestPause, TimeProvider.System, cancellation);
        }
    }

    /// <summary>Asks once.</summary>
    /// <exception cref="HttpRequestException">No whole answer came: whether the request was carried out is unknown.</exception>
    public async Task<GatewayAnswer> TryAsync(GatewayRequest request, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(request.Method, request.Path);
        if (request.Body is { } body)
            message.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(request.MediaType ?? "application/octet-stream") } };
        if (request.Digest is { } digest)
            message.Content!.Headers.Add("Content-Digest", digest);
        if (request.Lease is { } lease)
            message.Headers.Add("Lucid-Lease", lease.ToString());
        if (request.Times is { } times)
            message.Headers.Add("Lucid-Chunk-Time", times);
        try
        {
            using var answer = await _http.SendAsync(message, cancellation);
            return new GatewayAnswer(request, answer.StatusCode, answer.Headers.RetryAfter?.Delta, await answer.Content.ReadAsByteArrayAsync(cancellation));
        }
        // Where the other side dies while a connection is being set up, HttpClient lets the socket's own exception through.
        catch (Exception broken) when (broken is IOException or SocketException)
        {
            throw new HttpRequestException(broken.Message, broken);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"{request} had no answer within {_answers.TotalSeconds} s.", late);
        }
    }

    public void Dispose() => _http.Dispose();
}
