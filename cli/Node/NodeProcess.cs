using System.ComponentModel;
using Lucid.Cli.Terminal;

namespace Lucid.Cli.Node;

/// <param name="UntilIdle">The node stops by itself once its last session is anchored.</param>
/// <param name="BlockInterval">Between blocks; null for the node's own default.</param>
internal sealed record NodeStart(bool UntilIdle, TimeSpan? BlockInterval = null);

/// <summary>A node that we started. It outlives us unless stopped: others may be using it.</summary>
internal sealed class NodeProcess
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    /// <summary>What a node exits with where another one has the data directory. See the silo's Program.</summary>
    private const int DirectoryInUse = 3;

    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(20);

    private readonly ChildProcess _child;

    private NodeProcess(ChildProcess child) => _child = child;

    public int Id => _child.Id;

    /// <summary>Starts a node and waits until its notice says that it is ready.</summary>
    /// <returns>Null where another node took the data directory first.</returns>
    /// <exception cref="CliException">It did not become ready; the message has what it said last.</exception>
    public static async Task<NodeProcess?> StartAsync(
        NodeFiles files, NodeStart start, Surroundings surroundings, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux())
            throw new CliException("No node runs; on this system start one first: lucid up", ExitCode.NoNode);
        var command = new List<string>(SiloProgram.Find(surroundings.Environment))
        {
            "up", "--data", files.Directory, "--urls", "http://127.0.0.1:0",
        };
        if (start.UntilIdle)
            command.Add("--until-idle");
        if (start.BlockInterval is { } interval)
            command.AddRange(["--block-interval", ((long)interval.TotalMilliseconds).ToString()]);
        try
        {
            Directory.CreateDirectory(files.Directory);
            files.RotateLog();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The data directory '{files.Directory}' cannot be made or written to: {e.Message}", e);
        }
        ChildProcess child;
        try
        {
            child = ChildProcess.Start(command, new Dictionary<string, string>(StringComparer.Ordinal), "/dev/null", files.LogPath);
        }
        catch (Win32Exception e)
        {
            throw new CliException($"No node runs, and none could be started: {e.Message}", e, ExitCode.NoNode);
        }
        var node = new NodeProcess(child);
        try
        {
            return await node.ReadyAsync(files, surroundings.Clock, cancellation) ? node : null;
        }
        catch
        {
            // Not left behind, and gone before whoever called removes the data directory.
            await node.StopAsync();
            throw;
        }
    }

    /// <summary>Asks the node to drain and stop, and waits until it has.</summary>
    public async Task<int> StopAsync()
    {
        _child.Signal(Libc.SignalTerminate);
        return await _child.Exit;
    }

    private async Task<bool> ReadyAsync(NodeFiles files, TimeProvider clock, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var notice = files.ReadNotice();
            if (notice?.Pid == Id)
                return true;
            if (_child.Exit.IsCompleted)
            {
                var code = await _child.Exit;
                // Two commands may start a node at the same moment; the one that loses uses the winner's.
                if (code == DirectoryInUse)
                    return false;
                throw new CliException(
                    $"The node could not start (exit code {code}): {files.LastWords()}; the whole log: {files.LogPath}", ExitCode.NoNode);
            }
            if (clock.GetElapsedTime(began) > ReadyWithin)
            {
                throw new CliException(
                    $"The node was not ready within {ReadyWithin.TotalSeconds:0} s; its log: {files.LogPath}", ExitCode.NoNode);
            }
            await Task.Delay(Recheck, clock, cancellation);
        }
    }
}
