using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lucid.Bench;

/// <summary>
/// Sends GETs over and over on kept-open connections, each connection one of its own. Bare sockets and no parsing beyond the answer's end: an HTTP client would take more
/// of the machine than the server that is measured.
/// </summary>
/// <param name="paths">The connections take them in turn.</param>
internal sealed class HttpLoad(Uri server, IReadOnlyList<string> paths, string token)
{
    private readonly byte[][] _requests =
        [.. paths.Select(path => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer {token}\r\n\r\n"))];

    /// <returns>Answers per second, and the time in seconds that 99 of 100 of them took at most.</returns>
    public async Task<(double PerSecond, double P99)> RunAsync(int connections, TimeSpan time)
    {
        var started = Stopwatch.GetTimestamp();
        var latencies = await Task.WhenAll(Enumerable.Range(0, connections).Select(i => Task.Run(() => ConnectAsync(_requests[i % _requests.Length], started, time))));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var sorted = latencies.SelectMany(one => one).Order().ToArray();
        return (sorted.Length / seconds, sorted[sorted.Length * 99 / 100]);
    }

    private async Task<List<double>> ConnectAsync(byte[] request, long started, TimeSpan time)
    {
        var latencies = new List<double>();
        var buffer = new byte[64 * 1024];
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            var sent = Stopwatch.GetTimestamp();
            await socket.SendAsync(request);
            for (var length = 0; !IsWhole(buffer.AsSpan(0, length));)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(length));
                length += read > 0 ? read : throw new IOException($"{server} closed the connection within an answer.");
            }
            latencies.Add(Stopwatch.GetElapsedTime(sent).TotalSeconds);
        }
        return latencies;
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;
        if (!answer.StartsWith("HTTP/1.1 200 "u8))
            throw new IOException($"The answer is not 200: {Encoding.ASCII.GetString(answer)}");
        var body = answer[(end + 4)..];
        var length = answer.IndexOf("Content-Length: "u8);
        if (length < 0)
            return body.EndsWith("0\r\n\r\n"u8);
        var digits = answer[(length + 16)..];
        return body.Length >= int.Parse(digits[..digits.IndexOf((byte)'\r')]);
    }
}
