using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Lucid.Silo.Tests.Kills;

/// <summary>The node died under a request: whether it was carried out is unknown.</summary>
internal sealed class NodeGoneException(Exception cause) : Exception(cause.Message, cause);

/// <summary>An answer that came whole.</summary>
internal sealed record Answer(string Request, HttpStatusCode Status, byte[] Body)
{
    public bool Ok => (int)Status is >= 200 and < 300;
    public string Text => Encoding.UTF8.GetString(Body);
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>LUCID_ERR_… of a refusal.</summary>
    public string Code => Ok ? "" : Json.GetProperty("error").GetProperty("code").GetString()!;

    public Answer Require(bool holds)
    {
        Assert.True(holds, $"{Request} was answered {(int)Status}: {(Body.Length < 2000 ? Text : $"{Body.Length} bytes")}");
        return this;
    }

    public Answer RequireOk() => Require(Ok);
}

/// <summary>Requests to a node that may die under any of them.</summary>
internal sealed class NodeApi : IDisposable
{
    private readonly HttpClient _http;

    public NodeApi(Uri url, string token)
    {
        _http = new HttpClient { BaseAddress = new Uri(url, "/api/v1/"), Timeout = TimeSpan.FromMinutes(1) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <exception cref="NodeGoneException">No whole answer came.</exception>
    public async Task<Answer> SendAsync(HttpMethod method, string path, long? lease = null, HttpContent? body = null, string? times = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (lease is { } value)
            request.Headers.Add("Lucid-Lease", value.ToString());
        if (times is not null)
            request.Headers.Add("Lucid-Chunk-Time", times);
        try
        {
            using var answer = await _http.SendAsync(request);
            var whole = new Answer($"{method} {path}", answer.StatusCode, await answer.Content.ReadAsByteArrayAsync());
            // Of all that may go wrong inside, only "busy" is an answer to a request that nothing is wrong with.
            return whole.Require((int)whole.Status is < 500 or 503 or 507);
        }
        // Where a node dies while a connection is being set up, HttpClient lets the socket's own exception through.
        catch (Exception gone) when (gone is HttpRequestException or IOException or SocketException)
        {
            throw new NodeGoneException(gone);
        }
    }

    public void Dispose() => _http.Dispose();
}
