using System.Collections.Concurrent;
using System.Net.Sockets;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Certificates;

namespace Lucid.Silo.Clustering;

/// <summary>Connections to the recorders of the cluster. Where each is, its grain says, which runs beside it.</summary>
/// <param name="own">The recorder of this process, or null.</param>
/// <param name="certificates">What this process shows and whom it believes, where they are not all on loopback.</param>
internal sealed class RecorderLink(IGrains grains, string? own, ClusterCertificates? certificates) : IRecorderLink, IDisposable
{
    // A silo that is up accepts at once; one whose traffic is dropped never says anything.
    private static readonly TimeSpan _connects = TimeSpan.FromSeconds(2);

    // A recorder that makes a chunk wait for room lets its body wait as long.
    private static readonly TimeSpan _admits = TimeSpan.FromSeconds(15);

    // TCP_USER_TIMEOUT of Linux: how long what was sent may stay without the other side's word that it came, in ms.
    private const int TcpUserTimeout = 18;
    private const int UnheardMs = 5_000;

    // Whoever waits for an answer sends nothing that could go unheard, so the system asks whether the other side is there: from 5 s on, each second.
    private const int AskedAfterSeconds = 5;

    private readonly ConcurrentDictionary<string, RecorderAddress> _known = new(StringComparer.Ordinal);

    public string? Own => own;

    public HttpMessageInvoker Http { get; } = new(MakeHandler(certificates));

    public async ValueTask<RecorderAddress> AddressAsync(string recorder, CancellationToken cancellation)
    {
        if (_known.TryGetValue(recorder, out var known))
            return known;
        var address = await grains.Get<IRecorderGrain>(recorder).AddressAsync() ?? throw new GrainUnreachableException($"recorder/{recorder}", "it is in no cluster");
        return _known[recorder] = address;
    }

    public void Forget(string recorder, RecorderAddress address) => _known.TryRemove(KeyValuePair.Create(recorder, address));

    public void Dispose() => Http.Dispose();

    private static SocketsHttpHandler MakeHandler(ClusterCertificates? certificates)
    {
        var handler = certificates?.MakeHandler() ?? new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false };
        handler.ConnectTimeout = _connects;
        handler.Expect100ContinueTimeout = _admits;
        handler.ActivityHeadersPropagator = null;
        handler.ConnectCallback = ConnectAsync;
        return handler;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, AskedAfterSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
            if (OperatingSystem.IsLinux())
                socket.SetRawSocketOption((int)ProtocolType.Tcp, TcpUserTimeout, BitConverter.GetBytes(UnheardMs));
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
