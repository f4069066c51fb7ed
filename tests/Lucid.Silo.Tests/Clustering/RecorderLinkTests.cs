using System.Net;
using System.Net.Sockets;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Clustering;
using Microsoft.AspNetCore.Http;

namespace Lucid.Silo.Tests.Clustering;

public sealed class RecorderLinkTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Address_IsAskedForOnce_AndAnewAfterAFailure()
    {
        await using var cluster = await PeerCluster.StartAsync(1, _clock);
        using var link = Link(cluster);
        for (var times = 0; times < 3; times++)
            Assert.Equal(200, await SendAsync(link));
        Assert.Equal(1, cluster.Grains.Asked);
        await cluster[1].DieAsync();
        await Assert.ThrowsAsync<GrainUnreachableException>(() => SendAsync(link));
        await cluster[1].ListenAsync();
        Assert.Equal(200, await SendAsync(link));
        Assert.Equal(2, cluster.Grains.Asked);
    }

    [Fact]
    public async Task Recorder_StartedAnew_IsAskedAgainWithItsNewToken_Once()
    {
        await using var cluster = await PeerCluster.StartAsync(1, _clock);
        using var link = Link(cluster);
        var right = cluster.Grains.Addresses["silo-1"];
        cluster.Grains.Addresses["silo-1"] = right with { Token = "of its last start" };
        var made = 0;
        Assert.Equal(200, await SendAsync(link, _ =>
        {
            made++;
            cluster.Grains.Addresses["silo-1"] = right;
        }));
        Assert.Equal((2, 2), (made, cluster.Grains.Asked));

        cluster[1].Answer = context =>
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        };
        Assert.Contains("it was started again", (await Assert.ThrowsAsync<GrainUnreachableException>(() => SendAsync(link))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recorder_ThatTakesItsTime_IsWaitedForAsLongAsItIsInTheCluster()
    {
        await using var cluster = await PeerCluster.StartAsync(1, _clock);
        using var link = Link(cluster);
        cluster[1].Answer = context => context.Request.Path == "/health/live" ? Task.CompletedTask : Silence(context);
        var sending = SendAsync(link);
        for (var looks = 0; looks < 3; looks++)
        {
            await _clock.WaitedForAsync(TimeSpan.FromSeconds(1));
            Assert.False(sending.IsCompleted);
            if (looks == 2)
                cluster.Members = [];
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Contains("it left the cluster", (await Assert.ThrowsAsync<GrainUnreachableException>(() => sending.WaitAsync(TimeSpan.FromSeconds(60)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recorder_ThatSaysNothingAtAll_IsGivenUp_ThoughTheClusterHasItStill()
    {
        await using var cluster = await PeerCluster.StartAsync(1, _clock);
        using var link = Link(cluster);
        cluster[1].Answer = Silence;
        var sending = SendAsync(link);
        for (var looks = 0; looks < 2; looks++)
        {
            foreach (var seconds in (int[])[1, 2])
            {
                await _clock.WaitedForAsync(TimeSpan.FromSeconds(seconds));
                Assert.False(sending.IsCompleted);
                _clock.Advance(TimeSpan.FromSeconds(seconds));
            }
        }
        Assert.Contains("hangs", (await Assert.ThrowsAsync<GrainUnreachableException>(() => sending.WaitAsync(TimeSpan.FromSeconds(60)))).Message, StringComparison.Ordinal);
    }

    private static Task Silence(HttpContext context) =>
        new TaskCompletionSource().Task.WaitAsync(context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);

    [Fact]
    public async Task Sender_WhoLeaves_IsNotToldThatTheRecorderIsAway()
    {
        await using var cluster = await PeerCluster.StartAsync(1, _clock);
        using var link = Link(cluster);
        using var leave = new CancellationTokenSource();
        cluster[1].Answer = _ => leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(link, cancellation: leave.Token));
    }

    [Fact]
    public async Task Machine_ThatAnswersNoConnection_IsUnreachable()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "how a full queue of connections behaves is Linux's");
        await using var cluster = await PeerCluster.StartAsync(1, _clock);
        using var link = Link(cluster);
        // Linux drops what comes once the queue of those who wait to be accepted is full, as a machine that is off would.
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var waiting = Enumerable.Range(0, 8).Select(_ => new TcpClient()).ToList();
        try
        {
            foreach (var client in waiting)
                _ = client.ConnectAsync((IPEndPoint)listener.LocalEndPoint!).ContinueWith(connected => connected.Exception, TaskScheduler.Default);
            cluster.Grains.Addresses["silo-1"] = new RecorderAddress($"http://{listener.LocalEndPoint}", "token");
            await Assert.ThrowsAsync<GrainUnreachableException>(() => SendAsync(link).WaitAsync(TimeSpan.FromSeconds(60)));
            // Where it is is asked anew.
            cluster.Grains.Addresses["silo-1"] = cluster[1].Endpoint.Address;
            Assert.Equal(200, await SendAsync(link));
        }
        finally
        {
            waiting.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public void Loss_IsToldFromWhatTheCallerCancelled()
    {
        using var source = new CancellationTokenSource();
        Exception[] losses = [new HttpRequestException("x"), new IOException("x"), new SocketException(), new TaskCanceledException("x", new TimeoutException())];
        Assert.All(losses, loss => Assert.True(LostConnection.Is(loss, source.Token)));
        source.Cancel();
        Assert.False(LostConnection.Is(losses[^1], source.Token));
        Assert.False(LostConnection.Is(new InvalidOperationException(), source.Token));
    }

    private RecorderLink Link(PeerCluster cluster) => new(cluster.Grains, cluster, _clock, own: null, certificates: null);

    private static async Task<int> SendAsync(RecorderLink link, Action<RecorderAddress>? making = null, CancellationToken cancellation = default)
    {
        using var answer = await link.SendAsync("silo-1", address =>
        {
            making?.Invoke(address);
            return new HttpRequestMessage(HttpMethod.Get, address.Url + PeerApi.Figures);
        }, cancellation);
        return (int)answer.StatusCode;
    }
}
