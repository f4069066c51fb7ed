using System.Net;
using System.Net.Sockets;
using System.Text;
using Lucid.Silo.Hosting;
using Lucid.Silo.Tests.Kills;

namespace Lucid.Silo.Tests.Node;

/// <summary>Connections that say nothing, to a node that is a process of its own.</summary>
public sealed class IdleConnectionTests : IDisposable
{
    private const int Opened = 10_000;
    private const int Bound = 8_000;

    // Measured: 12 to 13 KiB.
    private const long MaxBytesEach = 24 * 1024;

    private readonly TempFolder _folder = new();
    private readonly List<Socket> _idle = [];

    public void Dispose()
    {
        _idle.ForEach(socket => socket.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public async Task TenThousand_TakeLittleMemory_AndThoseBeyondTheBoundNoPlace()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Memory and limits are read from /proc.");
        var files = long.TryParse((await File.ReadAllLinesAsync("/proc/self/limits")).Single(line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[4], out var hard) ? hard : long.MaxValue;
        Assert.SkipUnless(files >= Opened + 2_000, $"A process may have {files} files open here, and {Opened + 2_000} are needed: raise the hard limit of open files (ulimit -Hn).");
        await File.WriteAllTextAsync(Path.Combine(_folder.Data.Root, "lucid.json"), $$"""{ "limits": { "connections": {{Bound}} } }""");
        using var node = NodeProcess.Start(_folder.Data);
        using var api = await node.ReadyAsync();
        var self = NodeFile.Find(_folder.Data)!;
        (await api.GetAsync("meta/version")).RequireOk();
        var before = MemoryOf(self.Pid);

        for (var i = 0; i < Opened; i++)
        {
            _idle.Add(await ConnectAsync(self.Url));
            // At the pace at which they are taken: what is not taken in time has to be asked for again, a second later.
            if (i % 200 == 0)
                (await api.GetAsync("meta/version")).RequireOk();
        }
        // The one that is served holds a place too.
        await UntilAsync(() => _idle.Count(IsClosed) >= Opened - Bound + 1, () => $"{_idle.Count(IsClosed)} of {Opened} are closed");
        Assert.Equal(Opened - Bound + 1, _idle.Count(IsClosed));
        (await api.GetAsync("meta/version")).RequireOk();
        var each = (MemoryOf(self.Pid) - before) / Bound;
        TestContext.Current.TestOutputHelper!.WriteLine($"{each} bytes each");
        Assert.InRange(each, long.MinValue, MaxBytesEach);

        _idle.ForEach(socket => socket.Dispose());
        _idle.Clear();
        await UntilAsync(() => IsServed(self.Url), () => "no new connection is served");
        await node.KillAsync();
        // Nor is the log theirs to fill.
        Assert.InRange(node.Said.Split('\n').Length, 0, 100);
    }

    private static async Task<Socket> ConnectAsync(string url)
    {
        // Closed without the farewell that would keep its port for a minute.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(url).Port);
        return socket;
    }

    private static bool IsClosed(Socket socket) => socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;

    private static bool IsServed(string url)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0), ReceiveTimeout = 5_000 };
        try
        {
            socket.Connect(IPAddress.Loopback, new Uri(url).Port);
            socket.Send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"u8);
            var answer = new byte[12];
            return socket.Receive(answer) == answer.Length && Encoding.ASCII.GetString(answer) == "HTTP/1.1 200";
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static long MemoryOf(int process) =>
        long.Parse(File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;

    private static async Task UntilAsync(Func<bool> happened, Func<string> now)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!happened())
        {
            Assert.False(limit.IsCancellationRequested, $"After a minute {now()}.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
