using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;

namespace Lucid.Gateway.Tests.Access;

/// <summary>Requests that are made to take the gateway's memory, connections or time.</summary>
public sealed class HostileRequestTests
{
    [Fact]
    public async Task Header_OfTenMegabytes_IsRefusedWhenItHasBarelyBegun()
    {
        await using var host = await GatewayHost.StartAsync();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        using var socket = await ConnectAsync(host);
        var stream = socket.GetStream();
        await stream.WriteAsync("GET /checkpoint HTTP/1.1\r\nHost: x\r\nX: "u8.ToArray());
        var piece = new byte[64 * 1024];
        Array.Fill(piece, (byte)'a');
        try
        {
            for (var sent = 0; sent < 10 << 20; sent += piece.Length)
                await stream.WriteAsync(piece);
        }
        catch (IOException)
        {
            // The other end has closed.
        }
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 8 << 20);
        using var next = await host.Anyone.GetAsync("/health/live");
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
    }

    [Theory]
    [InlineData(63, "200")]
    [InlineData(70, "431")]
    [InlineData(1_000, "431")]
    public async Task Headers_TooMany_AreRefused(int count, string status)
    {
        await using var host = await GatewayHost.StartAsync();
        using var socket = await ConnectAsync(host);
        var headers = string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: 1\r\n"));
        Assert.Equal($"HTTP/1.1 {status}", await SayAsync(socket, $"GET /health/live HTTP/1.1\r\nHost: x\r\n{headers}\r\n"));
    }

    [Fact]
    public async Task Headers_ThatNeverEnd_AreGivenUp()
    {
        await using var host = await GatewayHost.StartAsync(GatewayHost.Options with { HeadersTimeout = TimeSpan.FromSeconds(1) });
        using var socket = await ConnectAsync(host);
        Assert.Equal("HTTP/1.1 408", await SayAsync(socket, "GET /health/live HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n"));
    }

    [Fact]
    public async Task Body_ThatDripsIn_IsGivenUp()
    {
        await using var host = await GatewayHost.StartAsync();
        using var socket = await ConnectAsync(host);
        var answer = await SayAsync(
            socket, $"POST /api/v1/merkle/verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {GatewayHost.Token}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{{");
        Assert.Equal("HTTP/1.1 408", answer);
    }

    [Theory]
    [InlineData(15, 1002)]
    [InlineData(17, 1009)]
    [InlineData(30_000, 1009)]
    public async Task Json_NestedDeeply_IsRefused(int depth, int number)
    {
        await using var host = await GatewayHost.StartAsync(_ => { }, map: app => EndpointRouteBuilderExtensions.MapPost(app, "/deep", Read).AllowAnonymous());
        using var body = new StringContent(new string('[', depth) + new string(']', depth), Encoding.UTF8, "application/json");
        await GatewayHost.ErrorOf(await host.Client.PostAsync("/deep", body), ErrorTable.All.Single(kind => kind.Number == number));
    }

    [Fact]
    public async Task Connections_BeyondTheBound_AreClosed_AndIdleOnesCostNothing()
    {
        await using var host = await GatewayHost.StartAsync(GatewayHost.Options with { Limits = new LimitOptions { Connections = 20 } });
        var idle = new List<TcpClient>();
        for (var i = 0; i < 40; i++)
            idle.Add(await ConnectAsync(host));
        var closed = 0;
        foreach (var socket in idle.AsEnumerable().Reverse())
            closed += await IsClosedAsync(socket) ? 1 : 0;
        Assert.Equal(20, closed);
        foreach (var socket in idle)
            socket.Dispose();
    }

    [Fact]
    public async Task Address_WithTooManyConnections_GetsNoMore_AndOthersDo()
    {
        var limit = new ConnectionLimit(new LimitOptions { ConnectionsPerAddress = 10 }, new AccessOptions { TrustedProxies = "10.0.0.0/8" });
        var hold = new TaskCompletionSource();
        var served = 0;
        var pipeline = limit.Limit(_ =>
        {
            served++;
            return hold.Task;
        });
        Task Connect(string address) => pipeline(new DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 1) });
        var open = Enumerable.Range(0, 30).Select(_ => Connect("203.0.113.7")).ToList();
        Assert.Equal(10, served);
        open.AddRange(Enumerable.Range(0, 30).Select(i => Connect($"2001:db8::{i}")));
        Assert.Equal(20, served);
        open.Add(Connect("203.0.113.8"));
        open.AddRange(Enumerable.Range(0, 30).Select(_ => Connect("10.1.2.3")).Concat(Enumerable.Range(0, 30).Select(_ => Connect("127.0.0.1"))));
        Assert.Equal(81, served);
        hold.SetResult();
        await Task.WhenAll(open);
        await Connect("203.0.113.7");
        Assert.Equal(82, served);
    }

    private static string Read(JsonElement body) => throw new ApiException(ErrorTable.MissingField, $"{body.ValueKind} was read.");

    private static async Task<TcpClient> ConnectAsync(GatewayHost host)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port);
        return socket;
    }

    private static async Task<string> SayAsync(TcpClient socket, string text)
    {
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
        var begin = new byte[12];
        await socket.GetStream().ReadExactlyAsync(begin).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        return Encoding.ASCII.GetString(begin);
    }

    /// <summary>Whether nothing is answered there: a connection that is open answers.</summary>
    private static async Task<bool> IsClosedAsync(TcpClient socket)
    {
        try
        {
            return await SayAsync(socket, "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n") != "HTTP/1.1 200";
        }
        catch (IOException)
        {
            return true;
        }
    }
}
