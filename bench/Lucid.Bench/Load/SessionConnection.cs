using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Lucid.Evidence.Compression;

namespace Lucid.Bench.Load;

/// <summary>
/// One session's own connection, over which it sends chunks and heartbeats. A bare socket and no more parsing than needed: a thousand HTTP
/// clients would take more of the machine than the node that is measured.
/// </summary>
internal sealed class SessionConnection(Uri address, string token, Guid session, long lease) : IDisposable
{
    // A receipt and its headers are some 900 bytes.
    private readonly byte[] _answer = new byte[4 * 1024];
    private Socket? _socket;

    public Guid Session => session;
    public long Lease => lease;

    /// <summary>The header line for a chunk's digest. Recording programs send it, so this does, but it is not the node's time.</summary>
    public static string DigestOf(ReadOnlySpan<byte> chunk) => $"Content-Digest: {Crc32c.ContentDigestOf(chunk)}\r\n";

    public Task PutAsync(long index, ReadOnlyMemory<byte> chunk, string digest) =>
        SendAsync($"PUT /api/v1/sessions/{session:D}/chunks/{index} HTTP/1.1\r\n{digest}", chunk, "200");

    public Task HeartbeatAsync() => SendAsync($"POST /api/v1/sessions/{session:D}/heartbeat HTTP/1.1\r\n", ReadOnlyMemory<byte>.Empty, "204");

    public void Dispose() => _socket?.Dispose();

    /// <exception cref="HttpRequestException">Another status than the expected one.</exception>
    private async Task SendAsync(string head, ReadOnlyMemory<byte> body, string expected)
    {
        if (_socket is null)
        {
            _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await _socket.ConnectAsync(IPAddress.Loopback, address.Port);
        }
        var headers = string.Create(CultureInfo.InvariantCulture,
            $"{head}Host: {address.Authority}\r\nAuthorization: Bearer {token}\r\nLucid-Lease: {lease}\r\nContent-Length: {body.Length}\r\n\r\n");
        await SendWholeAsync(Encoding.ASCII.GetBytes(headers));
        await SendWholeAsync(body);
        var length = 0;
        while (!IsWhole(_answer.AsSpan(0, length)))
        {
            var read = await _socket.ReceiveAsync(_answer.AsMemory(length));
            length += read > 0 ? read : throw new IOException($"The node closed the connection of session {session} within an answer.");
        }
        var status = Encoding.ASCII.GetString(_answer, 9, 3);
        if (status == expected)
            return;
        // After a refusal the node may close the connection, since it does not read the body.
        _socket.Dispose();
        _socket = null;
        throw new HttpRequestException(
            $"{head.Split('\r')[0]} answered {Encoding.UTF8.GetString(_answer, 0, length)}", null, (HttpStatusCode)int.Parse(status, CultureInfo.InvariantCulture));
    }

    private async Task SendWholeAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket!.SendAsync(bytes)..];
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;
        var length = answer.IndexOf("Content-Length: "u8);
        if (length < 0)
            return answer.StartsWith("HTTP/1.1 204"u8) || answer.EndsWith("0\r\n\r\n"u8);
        var digits = answer[(length + 16)..];
        return answer.Length - end - 4 >= int.Parse(digits[..digits.IndexOf((byte)'\r')], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
