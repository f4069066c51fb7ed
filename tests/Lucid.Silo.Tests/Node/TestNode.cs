using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence.Verification;
using Lucid.GrainInterfaces.Engine;
using Lucid.Grains.Chain;
using Lucid.Silo.Hosting;
using Lucid.Silo.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lucid.Silo.Tests.Node;

/// <summary>A whole node in this process on a free port, and a client that has its token.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestNode(WebApplication app, string url, IReadOnlyCollection<string> said, LogLines log, string token)
    {
        _app = app;
        Url = new Uri(url);
        (Said, Log) = (said, log.All);
        Client = new HttpClient { BaseAddress = new Uri(url + "/api/v1/") };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public HttpClient Client { get; }

    public Uri Url { get; }

    /// <summary>What it told whoever started it.</summary>
    public IReadOnlyCollection<string> Said { get; }

    /// <summary>What it logged, by the levels that it logs with.</summary>
    public IReadOnlyCollection<string> Log { get; }

    /// <summary>As whoever holds the process may call them.</summary>
    public IGrains Grains => _app.Services.GetRequiredService<IGrains>();

    /// <summary>What the next block gets, judged by nobody yet.</summary>
    public EntryPool Pool => _app.Services.GetRequiredService<EntryPool>();

    public FreeSpace Space => _app.Services.GetRequiredService<FreeSpace>();

    public static async Task<TestNode> StartAsync(TempFolder folder, Func<NodeOptions, NodeOptions>? change = null, TimeProvider? clock = null,
        Func<IGrainStore, IGrainStore>? around = null)
    {
        var options = new NodeOptions { Data = folder.Data.Root, Urls = "http://127.0.0.1:0", BlockInterval = 100 };
        var said = new ConcurrentQueue<string>();
        var app = NodeHost.Build(change?.Invoke(options) ?? options, clock, said.Enqueue, around);
        var log = new LogLines();
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        await app.StartAsync();
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new TestNode(app, url, said, log, (await File.ReadAllTextAsync(folder.Data.Token)).Trim());
    }

    public async Task<(Guid Id, long Lease)> CreateAsync(object? body = null)
    {
        var session = await JsonAsync(await Client.PostAsync("sessions", Json(body ?? new { name = "a test" })));
        return (session.GetProperty("session_id").GetGuid(), session.GetProperty("lease").GetInt64());
    }

    public Task<HttpResponseMessage> PutAsync(Guid id, ulong index, byte[] bytes, long lease = 1, string? times = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"sessions/{id}/chunks/{index}") { Content = new ByteArrayContent(bytes) };
        request.Headers.Add("Lucid-Lease", lease.ToString());
        if (times is not null)
            request.Headers.Add("Lucid-Chunk-Time", times);
        return Client.SendAsync(request);
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => Client.SendAsync(request);

    public Task<HttpResponseMessage> PostAsync(Guid id, string verb, long lease = 1)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"sessions/{id}/{verb}");
        request.Headers.Add("Lucid-Lease", lease.ToString());
        return Client.SendAsync(request);
    }

    public async Task<JsonElement> GetAsync(Guid id) => await JsonAsync(await Client.GetAsync($"sessions/{id}"));

    /// <summary>Asks until the session has that status; a session that failed says why.</summary>
    public async Task<JsonElement> UntilAsync(Guid id, string status)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var session = await GetAsync(id);
            var now = session.GetProperty("status").GetString();
            if (now == status)
                return session;
            Assert.False(now == "failed" || limit.IsCancellationRequested, $"Waiting for {status}, the session is {now}: {session.GetRawText()}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>The evidence file as the API serves it, and what the verifier says of it with the node's own validators trusted.</summary>
    public async Task<(byte[] File, VerificationReport Report)> EvidenceAsync(Guid id, TempFolder folder, bool full = true)
    {
        var file = await Client.GetByteArrayAsync($"sessions/{id}/evidence?full={(full ? "true" : "false")}");
        var trusted = new TrustStore(folder.Data.Trust).Load();
        return (file, await EvidenceVerifier.VerifyAsync(new MemoryStream(file), trusted, new VerifyOptions(), CancellationToken.None));
    }

    /// <summary>Asks for something that has to be refused with that error, and a message that names a file.</summary>
    public async Task RefusesAsync(string path, int number, string file)
    {
        using var answer = await Client.GetAsync(path);
        await IsErrorAsync(answer, number, file);
    }

    public static async Task IsErrorAsync(HttpResponseMessage answer, int number, string file)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.False(answer.IsSuccessStatusCode, text);
        var error = JsonDocument.Parse(text).RootElement.GetProperty("error");
        Assert.Equal($"LUCID_ERR_{number}", error.GetProperty("code").GetString());
        Assert.Contains(file, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}: {text}");
            return JsonDocument.Parse(text).RootElement;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static StringContent Json(object body) => new(JsonSerializer.Serialize(body), System.Text.Encoding.UTF8, "application/json");

    private sealed class LogLines : ILoggerProvider
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => new Logger(categoryName, All);

        public void Dispose()
        {
            // Lines outlive the node.
        }

        private sealed class Logger(string category, ConcurrentQueue<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines.Enqueue($"{category}: {formatter(state, exception)} {exception}");
        }
    }
}
