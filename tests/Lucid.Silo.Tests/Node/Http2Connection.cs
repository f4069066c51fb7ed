using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Lucid.Silo.Tests.Node;

/// <summary>An HTTP/2 connection on which a test writes frames of its own.</summary>
internal sealed class Http2Connection : IAsyncDisposable
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, Continuation = 9;
    public const byte EndStream = 1, EndHeaders = 4;

    private readonly TcpClient _socket = new();
    private SslStream _tls = null!;

    /// <summary>GET /health/live, as HPACK writes it without its tables of what was sent before.</summary>
    public static byte[] Get { get; } = [0x82, 0x87, .. Literal(0x04, "/health/live"), .. Literal(0x01, "lucid.example.org")];

    /// <summary>What the server answers, until it ends the connection.</summary>
    public Task<byte[]> Answer { get; private set; } = null!;

    public static async Task<Http2Connection> ConnectAsync(int port)
    {
        var made = new Http2Connection();
        await made._socket.ConnectAsync(IPAddress.Loopback, port);
        made._tls = new SslStream(made._socket.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.Subject == "CN=lucid.example.org");
        await made._tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "lucid.example.org", ApplicationProtocols = [SslApplicationProtocol.Http2] });
        Assert.Equal(SslApplicationProtocol.Http2, made._tls.NegotiatedApplicationProtocol);
        await made._tls.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await made._tls.WriteAsync(Frame(Settings, 0, 0, []));
        made.Answer = made.ReadAsync();
        return made;
    }

    public static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>Sends until the server has ended the connection, at most so often.</summary>
    /// <returns>How often it was sent.</returns>
    public async Task<int> FloodAsync(int most, Func<int, byte[]> next)
    {
        var sent = 0;
        try
        {
            for (; sent < most && !Answer.IsCompleted; sent++)
                await _tls.WriteAsync(next(sent));
        }
        catch (IOException)
        {
            // The other end has closed.
        }
        return sent;
    }

    public async ValueTask DisposeAsync()
    {
        await _tls.DisposeAsync();
        _socket.Dispose();
    }

    private async Task<byte[]> ReadAsync()
    {
        var read = new MemoryStream();
        try
        {
            await _tls.CopyToAsync(read);
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // With something of ours unread, or by us.
        }
        return read.ToArray();
    }

    private static byte[] Literal(byte name, string value) => [name, (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
