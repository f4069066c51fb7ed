using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Lucid.Cli.Node;
using Lucid.Evidence.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lucid.Cli.Tests.Node;

/// <summary>
/// A node that keeps chunks in memory and anchors at once: the part of the API that recording uses, and what can go wrong with it.
/// </summary>
internal sealed class FakeNode : IAsyncDisposable
{
    public const string Token = "token-of-the-fake-node";

    private readonly WebApplication _app;
    private readonly SemaphoreSlim _changed = new(0);

    private FakeNode(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;
    public Guid Session { get; } = Guid.CreateVersion7();
    public ConcurrentDictionary<ulong, byte[]> Chunks { get; } = new();
    public ConcurrentDictionary<ulong, (long Start, long End)> Times { get; } = new();
    public long Lease { get; set; }
    public string Status { get; set; } = "none";
    public string? Outcome { get; set; }
    public Guid? Continues { get; set; }
    /// <summary>The session that continues this one, once it was interrupted and resumed.</summary>
    public Guid Next { get; } = Guid.CreateVersion7();

    /// <summary>What the interrupted session holds: chunks, and null for a gap.</summary>
    public List<byte[]?> Earlier { get; } = [];

    public bool AcceptedGaps { get; private set; }
    public int Heartbeats { get; private set; }
    public int Puts { get; private set; }
    public string? Name { get; private set; }
    public byte[] Evidence { get; set; } = "evidence"u8.ToArray();

    /// <summary>What it sees as a gateway; null for a node alone.</summary>
    public ClusterView? Cluster { get; set; }

    /// <summary>The recorders whose keys were asked for; an empty text where none was named.</summary>
    public ConcurrentQueue<string> KeysOf { get; } = new();

    /// <summary>What a session waits for that is being opened.</summary>
    public Task Opens { get; set; } = Task.CompletedTask;

    /// <summary>Answers the next requests for chunks; null lets them through.</summary>
    public ConcurrentQueue<Func<HttpContext, Task>?> Mishaps { get; } = new();

    public static async Task<FakeNode> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var node = new FakeNode(app);
        node.Map();
        await app.StartAsync();
        node.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return node;
    }

    /// <summary>Leaves the notice and the token in a data directory, as a node that is ready does.</summary>
    public void Announce(string directory)
    {
        var notice = new NodeNotice(Url.ToString(), Environment.ProcessId, new string('0', 64), "fake", DateTimeOffset.UnixEpoch);
        File.WriteAllBytes(Path.Combine(directory, "node.json"), JsonSerializer.SerializeToUtf8Bytes(notice, NodeJson.Options));
        File.WriteAllText(Path.Combine(directory, "token"), Token);
    }

    public byte[] Recorded() => [.. Chunks.OrderBy(chunk => chunk.Key).SelectMany(chunk => chunk.Value)];

    /// <summary>Waits until something holds of what the node has seen.</summary>
    public async Task UntilAsync(Func<FakeNode, bool> holds)
    {
        while (!holds(this))
            Assert.True(await _changed.WaitAsync(TimeSpan.FromSeconds(30)), $"The fake node saw nothing new; {Puts} chunks, {Heartbeats} heartbeats.");
    }

    public static Task BusyAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "0";
        return RefuseAsync(context, HttpStatusCode.ServiceUnavailable, "LUCID_ERR_5001", "Sealing cannot keep up.");
    }

    public static Task DropAsync(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    public static Task RefuseAsync(HttpContext context, HttpStatusCode status, string code, string message)
    {
        context.Response.StatusCode = (int)status;
        return context.Response.WriteAsJsonAsync(new { error = new { code, message } }, NodeJson.Options);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _changed.Dispose();
    }

    private void Map()
    {
        _app.Use(async (context, next) =>
        {
            if (context.Request.Path != "/health/live" && context.Request.Headers.Authorization != $"Bearer {Token}")
                await RefuseAsync(context, HttpStatusCode.Unauthorized, "LUCID_ERR_2001", "No token.");
            else
                await next(context);
        });
        _app.MapGet("/health/live", () => "ok");
        _app.MapPost("/api/v1/sessions", async (HttpContext context) =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            Name = body.RootElement.GetProperty("name").GetString();
            (Status, Lease) = ("created", 1);
            _changed.Release();
            await Opens;
            await AnswerAsync(context, Session, withLease: true);
        });
        _app.MapGet("/api/v1/sessions/{id}", (HttpContext context, Guid id) => AnswerAsync(context, id));
        _app.MapPut("/api/v1/sessions/{id}/chunks/{index}", PutAsync);
        _app.MapPost("/api/v1/sessions/{id}/heartbeat", (HttpContext context) =>
        {
            Heartbeats++;
            _changed.Release();
            return Fenced(context) ? RefuseAsync(context, HttpStatusCode.Conflict, "LUCID_ERR_4009", "fenced") : NoContent(context);
        });
        _app.MapPost("/api/v1/sessions/{id}/resume", (HttpContext context) =>
        {
            if (Outcome != "interrupted")
            {
                Lease++;
                return AnswerAsync(context, Session, withLease: true);
            }
            (Continues, Status, Outcome, Lease) = (Session, "created", null, 1);
            return AnswerAsync(context, Next, withLease: true);
        });
        _app.MapPost("/api/v1/sessions/{id}/stop", (HttpContext context, Guid id) =>
        {
            if (Fenced(context))
                return RefuseAsync(context, HttpStatusCode.Conflict, "LUCID_ERR_4009", "fenced");
            AcceptedGaps = context.Request.Query["accept_gaps"] == "true";
            (Status, Outcome) = ("anchored", "closed");
            return AnswerAsync(context, id);
        });
        _app.MapGet("/api/v1/sessions/{id}/pipeline", () => Results.Json(new PipelineView([new StageView("received", Puts)], new PipelineTotals(0, 6)), NodeJson.Options));
        _app.MapGet("/api/v1/sessions/{id}/chunks", () => Results.Json(
            new LeafPage([.. Earlier.Select((bytes, i) => new LeafView((ulong)i, bytes is null ? "gap" : "chunk", 0, 0, 0, bytes?.Length, null, null))], (ulong)Earlier.Count),
            NodeJson.Options));
        _app.MapGet("/api/v1/sessions/{id}/playback", () => Results.Bytes(Earlier.SelectMany(bytes => bytes ?? []).ToArray(), "application/octet-stream"));
        _app.MapGet("/api/v1/keys/recovery", (HttpContext context) =>
        {
            KeysOf.Enqueue(context.Request.Query["recorder"].ToString());
            return "recovery key\n";
        });
        _app.MapPost("/api/v1/keys/rotate", (HttpContext context) =>
        {
            KeysOf.Enqueue(context.Request.Query["recorder"].ToString());
            return Results.Json(new KeyRotation(3, "key-2"), NodeJson.Options);
        });
        _app.MapGet("/api/v1/cluster/status", (HttpContext context) => Cluster is { } cluster
            ? context.Response.WriteAsJsonAsync(cluster, NodeJson.Options)
            : RefuseAsync(context, HttpStatusCode.NotFound, "LUCID_ERR_4001", "This is no gateway of a cluster: a node runs alone."));
        _app.MapGet("/api/v1/sessions/{id}/evidence", () => Results.Bytes(Evidence, "application/zip"));
    }

    private async Task PutAsync(HttpContext context, ulong index)
    {
        Puts++;
        if (Mishaps.TryDequeue(out var mishap) && mishap is not null)
        {
            await mishap(context);
            return;
        }
        if (Fenced(context))
        {
            await RefuseAsync(context, HttpStatusCode.Conflict, "LUCID_ERR_4009", "The lease was taken by another recorder.");
            return;
        }
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var bytes = body.ToArray();
        Assert.Equal(Crc32c.ContentDigestOf(bytes), context.Request.Headers["Content-Digest"].ToString());
        var repeated = !Chunks.TryAdd(index, bytes);
        if (repeated && !Chunks[index].AsSpan().SequenceEqual(bytes))
        {
            await RefuseAsync(context, HttpStatusCode.Conflict, "LUCID_ERR_4010", $"Chunk {index} holds other bytes.");
            return;
        }
        var times = context.Request.Headers["Lucid-Chunk-Time"].ToString().Split(',').Select(part => long.Parse(part, CultureInfo.InvariantCulture)).ToList();
        Times.TryAdd(index, (times[0], times[1]));
        Status = "recording";
        context.Response.Headers["Lucid-Repeated"] = repeated ? "true" : "false";
        await context.Response.WriteAsync($"receipt of chunk {index}\n");
        _changed.Release();
    }

    private bool Fenced(HttpContext context) => context.Request.Headers["Lucid-Lease"] != Lease.ToString(CultureInfo.InvariantCulture);

    private static Task NoContent(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task AnswerAsync(HttpContext context, Guid id, bool withLease = false)
    {
        if ((id != Session && id != Next) || Status == "none")
            return RefuseAsync(context, HttpStatusCode.NotFound, "LUCID_ERR_4004", $"There is no session {id}.");
        var next = 0UL;
        while (Chunks.ContainsKey(next))
            next++;
        return context.Response.WriteAsJsonAsync(
            new SessionView
            {
                SessionId = id,
                Owner = "local",
                Name = Name ?? "",
                Status = Status,
                Outcome = Outcome,
                CreatedAt = DateTimeOffset.UnixEpoch.AddYears(50),
                Continues = id == Next ? Continues : null,
                Lease = withLease ? Lease : null,
                NextIndex = next,
                CountedAhead = [.. Chunks.Keys.Where(key => key > next).Order()],
                ChunkCount = Chunks.Count,
                SizeBytes = Chunks.Values.Sum(chunk => (long)chunk.Length),
                Anchor = Status == "anchored" ? new AnchorView(0, 7, DateTimeOffset.UnixEpoch) : null,
            },
            NodeJson.Options);
    }
}
