using System.Collections.Concurrent;
using Lucid.GrainInterfaces.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>A recorder's process as the network sees it: a web server on loopback that answers whatever a test says.</summary>
internal sealed class LoopbackRecorder : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LoopbackRecorder(WebApplication app, string name)
    {
        _app = app;
        app.Run(async context =>
        {
            Seen.Enqueue(new SeenRequest(
                context.Request.Method, context.Request.Path + context.Request.QueryString,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
            await Answer(context);
        });
        Token = $"token-of-{name}";
    }

    public string Token { get; }
    public ConcurrentQueue<SeenRequest> Seen { get; } = new();
    public RecorderAddress Address { get; private set; } = null!;
    public Func<HttpContext, Task> Answer { get; set; } = context => context.Response.WriteAsync("ok");

    /// <summary>Starts one and says where it is.</summary>
    public static async Task<LoopbackRecorder> StartAsync(FakeLink link, string name)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var recorder = new LoopbackRecorder(builder.Build(), name);
        await recorder._app.StartAsync();
        var url = recorder._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        link.Addresses[name] = recorder.Address = new RecorderAddress(url, recorder.Token);
        return recorder;
    }

    /// <summary>Answers with the length of the body that came.</summary>
    public static async Task CountAsync(HttpContext context)
    {
        var body = new CountingStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        await context.Response.WriteAsync($"{body.Sum}");
    }

    /// <summary>Answers as a silo does that refuses, or fails; without a code as something else in its place does.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string? code)
    {
        context.Response.StatusCode = status;
        if (code is not null)
            context.Response.Headers["Lucid-Error-Code"] = code;
        return context.Response.WriteAsJsonAsync(new { error = new { code, message = "refused" } });
    }

    /// <summary>The connection is gone, as when a process dies.</summary>
    public static Task DieAsync(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Counts and keeps nothing.</summary>
    private sealed class CountingStream : Stream
    {
        public long Sum { get; private set; }

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => Sum;
        public override long Position { get => Sum; set => throw new NotSupportedException(); }

        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => Sum += count;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Sum += buffer.Length;
            return ValueTask.CompletedTask;
        }
    }
}

/// <param name="Target">Path and query.</param>
internal sealed record SeenRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers);
