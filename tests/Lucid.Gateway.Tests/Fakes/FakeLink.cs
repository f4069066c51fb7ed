using System.Collections.Concurrent;
using System.Net.Sockets;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>Where recorders are, as a test says.</summary>
internal sealed class FakeLink : IRecorderLink, IDisposable
{
    public FakeLink() => Http = new HttpMessageInvoker(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectsWithin,
        // None of the tests waits for it: a body that is not asked for never sets out.
        Expect100ContinueTimeout = TimeSpan.FromMinutes(5),
        ConnectCallback = ConnectAsync,
    });

    /// <summary>Shorter than any test waits, for recorders that drop what is sent to them.</summary>
    public static TimeSpan ConnectsWithin { get; } = TimeSpan.FromSeconds(1);

    public string? Own { get; init; }
    public HttpMessageInvoker Http { get; }
    public ConcurrentDictionary<string, RecorderAddress> Addresses { get; } = new(StringComparer.Ordinal);
    public ConcurrentQueue<string> Forgotten { get; } = new();

    /// <summary>Ports whose traffic is lost: whoever connects waits for ever.</summary>
    public ConcurrentBag<int> Dropped { get; } = [];

    /// <summary>Says of a recorder that it is where nobody listens.</summary>
    public void Refuse(string recorder)
    {
        // A port that was free a moment ago, and that the system does not give away again soon.
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        Addresses[recorder] = new RecorderAddress($"http://{listener.LocalEndpoint}", "nobody's token");
    }

    public ValueTask<RecorderAddress> AddressAsync(string recorder, CancellationToken cancellation) =>
        Addresses.TryGetValue(recorder, out var address) ? ValueTask.FromResult(address)
            : ValueTask.FromException<RecorderAddress>(new GrainUnreachableException($"recorder/{recorder}", "it is in no cluster"));

    public void Forget(string recorder, RecorderAddress address)
    {
        Assert.Equal(Addresses[recorder], address);
        Forgotten.Enqueue(recorder);
    }

    public void Dispose() => Http.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        if (Dropped.Contains(context.DnsEndPoint.Port))
            await new TaskCompletionSource().Task.WaitAsync(cancellation);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
