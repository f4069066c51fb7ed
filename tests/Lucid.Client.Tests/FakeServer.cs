using System.Net;
using System.Text;
using System.Text.Json;

namespace Lucid.Client.Tests;

/// <summary>A request as it was sent.</summary>
internal sealed record Sent(string Method, Uri Url, Dictionary<string, string> Headers, string Body)
{
    public string? Token => Headers.GetValueOrDefault("Authorization")?.Replace("Bearer ", "", StringComparison.Ordinal);
}

/// <summary>A node that is one function, and remembers what it was asked.</summary>
internal sealed class FakeServer(Func<Sent, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private readonly List<Sent> _seen = [];

    public FakeServer(Func<Sent, HttpResponseMessage> answer) : this(sent => Task.FromResult(answer(sent)))
    {
    }

    public IReadOnlyList<Sent> Seen
    {
        get
        {
            lock (_lock)
                return [.. _seen];
        }
    }

    /// <summary>Answers in turn, the last one for ever.</summary>
    public static FakeServer Of(params Func<HttpResponseMessage>[] answers)
    {
        var next = -1;
        return new FakeServer(_ => answers[Math.Min(Interlocked.Increment(ref next), answers.Length - 1)]());
    }

    public static HttpResponseMessage Json(object value, HttpStatusCode status = HttpStatusCode.OK) => Text(JsonSerializer.Serialize(value, LucidJson.Options), status);

    public static HttpResponseMessage Text(string text, HttpStatusCode status = HttpStatusCode.OK) => new(status) { Content = new StringContent(text, Encoding.UTF8, "application/json") };

    public static HttpResponseMessage Refusal(HttpStatusCode status, int number, string message = "No.", int? retryAfter = null)
    {
        var answer = Json(new { error = new { code = $"LUCID_ERR_{number}", message } }, status);
        if (retryAfter is { } seconds)
            answer.Headers.Add("Retry-After", $"{seconds}");
        return answer;
    }

    /// <summary>A client of it, which tries everything once unless it has a clock for delays.</summary>
    public LucidClient Client(ICredential? credential = null, TimeProvider? clock = null) => new(
        new Uri("https://lucid.example"), credential,
        new LucidClientOptions { Handler = this, Persistence = clock is JumpingClock ? PersistenceOptions.Default : null, Clock = clock ?? TimeProvider.System });

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var headers = request.Headers.Concat(request.Content?.Headers.AsEnumerable() ?? []).ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase);
        var sent = new Sent(request.Method.Method, request.RequestUri!, headers, request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
        lock (_lock)
            _seen.Add(sent);
        var given = await answer(sent).WaitAsync(cancellationToken);
        given.RequestMessage = request;
        return given;
    }
}
