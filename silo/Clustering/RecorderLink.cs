using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Certificates;

namespace Lucid.Silo.Clustering;

/// <summary>Connections to the recorders of the cluster. Where each is, its grain says, which runs beside it.</summary>
/// <param name="own">The recorder of this process, or null.</param>
/// <param name="certificates">What this process shows and whom it believes, where they are not all on loopback.</param>
internal sealed class RecorderLink(IGrains grains, IClusterMembers members, TimeProvider clock, string? own, ClusterCertificates? certificates) : IRecorderLink, IDisposable
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

    // A process that hangs, or a machine that was cut off, keeps its connections: whether it is still one of us, and alive, is asked that often.
    private static readonly TimeSpan _betweenLooks = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _says = TimeSpan.FromSeconds(2);
    private const int SilentLooks = 2;

    private readonly HttpMessageInvoker _http = new(MakeHandler(certificates));
    private readonly ConcurrentDictionary<string, RecorderAddress> _known = new(StringComparer.Ordinal);

    public string? Own => own;

    public async Task<HttpResponseMessage> SendAsync(string recorder, Func<RecorderAddress, HttpRequestMessage> make, CancellationToken cancellation)
    {
        for (var isAgain = false; ; isAgain = true)
        {
            var address = await AddressAsync(recorder, cancellation);
            using var request = make(address);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", address.Token);
            HttpResponseMessage answer;
            try
            {
                answer = await WhileUpAsync(recorder, address, request, cancellation);
            }
            catch (Exception broken) when (broken is GrainUnreachableException || LostConnection.Is(broken, cancellation))
            {
                Forget(recorder, address);
                throw broken as GrainUnreachableException ?? new GrainUnreachableException($"recorder/{recorder}", broken.Message);
            }
            if (answer.StatusCode != HttpStatusCode.Unauthorized)
                return answer;
            // Its token is made anew at each start: it was started again, where it had been before.
            answer.Dispose();
            Forget(recorder, address);
            if (isAgain)
                throw new GrainUnreachableException($"recorder/{recorder}", "it was started again");
        }
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<RecorderAddress> AddressAsync(string recorder, CancellationToken cancellation)
    {
        if (_known.TryGetValue(recorder, out var known))
            return known;
        cancellation.ThrowIfCancellationRequested();
        var address = await grains.Get<IRecorderGrain>(recorder).AddressAsync() ?? throw new GrainUnreachableException($"recorder/{recorder}", "it is in no cluster");
        return _known[recorder] = address;
    }

    private void Forget(string recorder, RecorderAddress address) => _known.TryRemove(KeyValuePair.Create(recorder, address));

    private async Task<HttpResponseMessage> WhileUpAsync(string recorder, RecorderAddress address, HttpRequestMessage request, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var answering = _http.SendAsync(request, limit.Token);
        var leaving = LeavesAsync(recorder, address, limit.Token);
        var isGone = await Task.WhenAny(answering, leaving) == leaving && leaving.IsCompletedSuccessfully;
        // Whichever is left is awaited too: nothing of a request may be in use once this has returned.
        if (isGone)
            await limit.CancelAsync();
        await ((Task)answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await limit.CancelAsync();
        await leaving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return isGone && !answering.IsCompletedSuccessfully
            ? throw new GrainUnreachableException($"recorder/{recorder}", "it left the cluster or hangs")
            : await answering;
    }

    /// <summary>Completes when the recorder is in the cluster's list no more, or says nothing to a simpler question either: the list takes its time with a process that hangs.</summary>
    private async Task LeavesAsync(string recorder, RecorderAddress address, CancellationToken cancellation)
    {
        for (var silent = 0; silent < SilentLooks;)
        {
            await Task.Delay(_betweenLooks, clock, cancellation);
            silent = await IsAliveAsync(address, cancellation) ? 0 : silent + 1;
            if (silent == 0 && await HasLeftAsync(recorder, cancellation))
                return;
        }
    }

    private async Task<bool> HasLeftAsync(string recorder, CancellationToken cancellation)
    {
        try
        {
            return !(await members.SilosAsync(cancellation)).Contains(recorder, StringComparer.Ordinal);
        }
        catch (EngineException)
        {
            // Nobody tells now; it lives, and may answer yet.
            return false;
        }
    }

    private async Task<bool> IsAliveAsync(RecorderAddress address, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var timer = clock.CreateTimer(_ => limit.Cancel(), null, _says, Timeout.InfiniteTimeSpan);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address.Url + "/health/live"));
            using var answer = await _http.SendAsync(request, limit.Token);
            return true;
        }
        catch (Exception silence) when (LostConnection.Is(silence, cancellation))
        {
            return false;
        }
    }

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
