using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>A connection on which a test writes what no HTTP client would.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly TcpClient _socket = new();

    public NetworkStream Stream => _socket.GetStream();

    /// <summary>Bytes that have come and were not read.</summary>
    public int Available => _socket.Available;

    /// <summary>Connects, and sends the beginning of a request.</summary>
    public static async Task<RawClient> SendAsync(Uri server, string text)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(IPAddress.Loopback, server.Port);
        await client.Stream.WriteAsync(Encoding.ASCII.GetBytes(text));
        return client;
    }

    /// <summary>The beginning of a PUT of a chunk, with the token and the first lease.</summary>
    /// <param name="rest">The headers that tell of the body, an empty line, and what is sent of it.</param>
    public static Task<RawClient> PutAsync(GatewayHost host, string path, string rest) =>
        SendAsync(host.Address, $"PUT {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {GatewayHost.Token}\r\nLucid-Lease: 1\r\n{rest}");

    /// <summary>All that is answered until the other side closes.</summary>
    public Task<string> ReadToEndAsync() => new StreamReader(Stream).ReadToEndAsync();

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
