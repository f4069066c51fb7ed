using System.Diagnostics;
using Lucid.Silo.Supervision;
using Lucid.Silo.Tests.Database;

namespace Lucid.Silo.Tests.Supervision;

/// <summary>`up --cluster` as a process, with a real PostgreSQL and nodes that are shell scripts.</summary>
public sealed class ClusterUpTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly FakeNodes _nodes = new();

    private ClusterFolder Folder => new(Path.Combine(_nodes.Folder, "data"));

    public void Dispose() => _nodes.Dispose();

    [Fact]
    public async Task Supervisor_KilledWithoutAWord_TakesAllWithIt_AndTheNextStartGoesOn()
    {
        PostgresServer.Require();
        using var first = Start();
        await first.Said.WaitAsync("Lucid is ready on http://127.0.0.1:8080 (2 silos, data ");
        var ports = await File.ReadAllTextAsync(Folder.File);
        var sockets = Sockets();
        first.Process.Kill();
        await first.ExitAsync();
        using var second = Start();
        await second.Said.WaitAsync("Lucid is ready on");
        Assert.False(Directory.Exists(sockets));
        // Three drained because their supervisor was gone, and three were started since.
        Assert.Equal(["stop gateway-1", "stop silo-1", "stop silo-2"], _nodes.Events.Skip(3).Take(3).Order(StringComparer.Ordinal));
        Assert.Equal(ports, await File.ReadAllTextAsync(Folder.File));

        sockets = Sockets();
        await second.SignalAsync("INT");
        Assert.Equal(0, await second.ExitAsync());
        Assert.Equal(["stop gateway-1", "stop silo-2", "stop silo-1"], _nodes.Events.Skip(9));
        Assert.False(Directory.Exists(sockets));
        Assert.False(File.Exists(Folder.Database));
        Assert.EndsWith("database system is shut down", (await File.ReadAllLinesAsync(Folder.PostgresLog))[^1], StringComparison.Ordinal);
        var left = new List<string>();
        await Leftovers.EndAsync(Folder.Running, _patience, TimeProvider.System, left.Add, default);
        Assert.Empty(left);
    }

    [Fact]
    public async Task PostgreSql_ThatIsKilled_IsStartedAgain_AndASecondSupervisorIsRefused()
    {
        PostgresServer.Require();
        using var cluster = Start();
        await cluster.Said.WaitAsync("Lucid is ready on");
        using var other = Start();
        Assert.Equal(3, await other.ExitAsync());
        Assert.StartsWith($"lucid up: {Folder.Root} is in use by another `lucid up --cluster`.", Assert.Single(other.Said.All), StringComparison.Ordinal);

        using (var server = Process.GetProcessById(int.Parse(File.ReadLines(Path.Combine(Folder.Postgres, "postmaster.pid")).First())))
            server.Kill();
        await cluster.Said.WaitAsync("PostgreSQL ended by itself (exit code 137). It is started again");
        await cluster.SignalAsync("TERM");
        Assert.Equal(0, await cluster.ExitAsync());
        Assert.Equal(["stop gateway-1", "stop silo-2", "stop silo-1"], _nodes.Events.Skip(3));
    }

    [Fact]
    public async Task Node_ThatCannotRun_EndsTheCluster_WithItsCode_AndPostgreSqlToo()
    {
        PostgresServer.Require();
        _nodes.AtStart("silo-1", "echo 'lucid up: this build has no cluster engine.' >&2; exit 3");
        using var cluster = Start();
        Assert.Equal(3, await cluster.ExitAsync());
        Assert.Contains($"lucid up: silo-1 cannot run: this build has no cluster engine. Its log: {Path.Combine(Folder.Silo("silo-1"), "node.log")}", cluster.Said.All);
        Assert.False(File.Exists(Path.Combine(Folder.Postgres, "postmaster.pid")));
    }

    [Fact]
    public async Task Directory_OfASingleNode_IsRefused_AndNothingIsMadeThere()
    {
        Directory.CreateDirectory(Folder.Root);
        await File.WriteAllBytesAsync(Path.Combine(Folder.Root, "grains.db"), []);
        using var cluster = Start();
        Assert.Equal(2, await cluster.ExitAsync());
        Assert.StartsWith($"lucid up: {Folder.Root} is the data directory of a single node", Assert.Single(cluster.Said.All), StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(Folder.Root));
    }

    [Fact]
    public async Task Directory_OfACluster_IsRefusedToASingleNode()
    {
        Directory.CreateDirectory(Folder.Root);
        new ClusterFile([]).Write(Folder.File);
        using var node = Start("up", "--data", Folder.Root, "--urls", "http://127.0.0.1:0");
        Assert.Equal(2, await node.ExitAsync());
        Assert.StartsWith($"lucid up: {Folder.Root} belongs to a cluster on this machine", Assert.Single(node.Said.All), StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(Folder.Root));
    }

    private Silo Start() => Start("up", "--cluster", "2", "--data", Folder.Root);

    private Silo Start(params string[] arguments) => new(_nodes.Program, arguments);

    private string Sockets() => File.ReadAllText(Folder.Database).Split(';')[0]["Host=".Length..];

    private sealed class Silo : IDisposable
    {
        public Silo(string nodes, string[] arguments)
        {
            // Whoever runs the tests in the background of a shell ignores SIGINT, and so would all that it starts.
            var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", typeof(Hosting.NodeHost).Assembly.Location, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            };
            start.Environment["LUCID_SILO"] = nodes;
            Process = Process.Start(start)!;
            Process.OutputDataReceived += (_, line) => Said.Add(line.Data);
            Process.ErrorDataReceived += (_, line) => Said.Add(line.Data);
            Process.BeginOutputReadLine();
            Process.BeginErrorReadLine();
        }

        public Process Process { get; }

        public SaidLines Said { get; } = new();

        public async Task SignalAsync(string name)
        {
            using var kill = Process.Start("kill", [$"-{name}", Process.Id.ToString()]);
            await kill.WaitForExitAsync();
        }

        public async Task<int> ExitAsync()
        {
            await Process.WaitForExitAsync().WaitAsync(_patience);
            return Process.ExitCode;
        }

        public void Dispose()
        {
            // Where a test has failed; what it minds goes with it.
            if (!Process.HasExited)
                Process.Kill();
            Process.Dispose();
        }
    }
}
