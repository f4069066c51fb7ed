using Lucid.Silo.Supervision;

namespace Lucid.Silo.Tests.Supervision;

/// <summary>The order of nodes, and what follows when one ends. The nodes are shell scripts, and the clock stands still.</summary>
public sealed class SupervisorTests : IAsyncLifetime
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly FakeNodes _nodes = new();
    private readonly SaidLines _said = new();
    private readonly ManualClock _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly TaskCompletionSource<(string Url, int Silos)> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    private SupervisorOptions Options => new([_nodes.Program]);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _kill.CancelAsync();
        await Task.WhenAny(_running).WaitAsync(_patience);
        _stop.Dispose();
        _kill.Dispose();
        _nodes.Dispose();
    }

    [Fact]
    public async Task Nodes_ComeUpGatewayLast_AndGoDownGatewayFirst_AndLedgerLast()
    {
        Run(3);
        Assert.Equal(("http://127.0.0.1:8080", 3), await _ready.Task.WaitAsync(_patience));
        await _stop.CancelAsync();
        await _running.WaitAsync(_patience);
        Assert.Equal(["start gateway-1", "start silo-1", "start silo-2", "start silo-3"], _nodes.Events.Take(4).Order(StringComparer.Ordinal));
        Assert.Equal(["start gateway-1", "stop gateway-1"], _nodes.Events.Skip(3).Take(2));
        Assert.Equal(["stop silo-2", "stop silo-3"], _nodes.Events.Skip(5).Take(2).Order(StringComparer.Ordinal));
        Assert.Equal(["stop silo-1"], _nodes.Events.Skip(7));
        Assert.Empty(_said.All);
        Assert.Contains("12:00:00 info: Lucid.Fake[0] what only the log is told", await File.ReadAllLinesAsync(_nodes.Plan("silo-2").LogPath));
    }

    [Fact]
    public async Task Silo_ThatEnds_IsStartedAgain_TwentySecondsLater()
    {
        Run(2);
        await _ready.Task.WaitAsync(_patience);
        _nodes.Tell("silo-2", "echo '12:00:00 fail: Lucid.Fake[0] the disk is gone'; exit 7");
        Assert.Equal(
            $"silo-2 ended with exit code 7 (12:00:00 fail: Lucid.Fake[0] the disk is gone). It is started again in 20 s; its log: {_nodes.Plan("silo-2").LogPath}",
            await _said.WaitAsync("silo-2 ended"));
        Assert.Contains("silo-2: 12:00:00 fail: Lucid.Fake[0] the disk is gone", _said.All);
        await _clock.WaitedForAsync(TimeSpan.FromSeconds(20));
        _clock.Advance(TimeSpan.FromSeconds(19.9));
        Assert.Single(_nodes.Events, "start silo-2");
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        await _said.WaitAsync("silo-2 is ready again.");
        Assert.Equal(2, _nodes.Events.Count(what => what == "start silo-2"));
        Assert.Single(_nodes.Events, "start silo-1");
    }

    [Fact]
    public async Task Gateway_ThatIsKilled_IsStartedAgain_AndStopsInItsTurn()
    {
        Run(1);
        await _ready.Task.WaitAsync(_patience);
        _nodes.Tell("gateway-1", "kill -9 $$");
        await _said.WaitAsync("gateway-1 was ended by signal 9. It is started again in 20 s");
        await _clock.WaitedForAsync(TimeSpan.FromSeconds(20));
        _clock.Advance(TimeSpan.FromSeconds(20));
        await _said.WaitAsync("gateway-1 is ready again.");
        await _stop.CancelAsync();
        await _running.WaitAsync(_patience);
        Assert.Equal(["start silo-1", "start gateway-1", "start gateway-1", "stop gateway-1", "stop silo-1"], _nodes.Events);
    }

    [Fact]
    public async Task Stop_WhileANodeIsToBeStartedAgain_StartsItNoMore()
    {
        Run(1);
        await _ready.Task.WaitAsync(_patience);
        _nodes.Tell("gateway-1", "exit 1");
        await _clock.WaitedForAsync(TimeSpan.FromSeconds(20));
        await _stop.CancelAsync();
        await _running.WaitAsync(_patience);
        Assert.Equal(["start silo-1", "start gateway-1", "stop silo-1"], _nodes.Events);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Node_ThatRefusesItsFirstStart_EndsAll_WithItsReasonAndCode(int code)
    {
        _nodes.AtStart("silo-2", $"echo 'lucid up: one thing is wrong.' >&2; echo 'lucid up: another too.' >&2; exit {code}");
        Run(2);
        var refused = await Assert.ThrowsAsync<NodeRefusedException>(() => _running.WaitAsync(_patience));
        Assert.Equal(code, refused.ExitCode);
        Assert.Equal($"silo-2 cannot run: one thing is wrong. another too. Its log: {_nodes.Plan("silo-2").LogPath}", refused.Message);
        Assert.DoesNotContain("start gateway-1", _nodes.Events);
        Assert.Empty(_said.All);
    }

    [Fact]
    public async Task Node_ThatRefusesALaterStart_IsTriedAgain()
    {
        Run(1);
        await _ready.Task.WaitAsync(_patience);
        _nodes.AtStart("silo-1", "echo 'lucid up: the directory is in use.' >&2; exit 3");
        _nodes.Tell("silo-1", "exit 1");
        await _clock.WaitedForAsync(TimeSpan.FromSeconds(20));
        _clock.Advance(TimeSpan.FromSeconds(20));
        await _said.WaitAsync("silo-1 ended with exit code 3 (lucid up: the directory is in use).");
        Assert.False(_running.IsCompleted);
    }

    [Fact]
    public async Task Silo_ThatCrashesAtItsFirstStart_DoesNotKeepTheOthersFromWorking()
    {
        _nodes.AtStart("silo-2", "echo 'Unhandled exception. Something.' >&2; echo '   at Somewhere()' >&2; exit 134");
        Run(2);
        Assert.Equal(1, (await _ready.Task.WaitAsync(_patience)).Silos);
        await _said.WaitAsync("silo-2 was ended by signal 6");
        Assert.DoesNotContain("silo-2:    at Somewhere()", _said.All);
    }

    [Fact]
    public async Task Node_ThatDoesNotStop_IsKilled_InTheEnd()
    {
        _nodes.AtStart("gateway-1", "trap '' TERM");
        Run(1);
        await _ready.Task.WaitAsync(_patience);
        await _stop.CancelAsync();
        await _clock.WaitedForAsync(Options.StopsWithin);
        _clock.Advance(Options.StopsWithin);
        await _running.WaitAsync(_patience);
        Assert.Equal(["gateway-1 has not stopped within 45 s, and is killed."], _said.All);
        Assert.Equal(["start silo-1", "start gateway-1", "stop silo-1"], _nodes.Events);
    }

    [Fact]
    public async Task Kill_EndsAllAtOnce()
    {
        foreach (var name in (string[])["silo-1", "silo-2", "gateway-1"])
            _nodes.AtStart(name, "trap '' TERM");
        Run(2);
        await _ready.Task.WaitAsync(_patience);
        await _stop.CancelAsync();
        await _kill.CancelAsync();
        await _running.WaitAsync(_patience);
        Assert.Empty(_said.All);
    }

    [Fact]
    public async Task Stop_BeforeAnySiloIsReady_StopsThoseThatWereStarted()
    {
        _nodes.AtStart("silo-1", "echo '12:00:00 warn: Lucid.Fake[0] waiting'; while read -r order <&4; do eval \"$order\"; done");
        Run(1);
        await _said.WaitAsync("silo-1: 12:00:00 warn");
        await _stop.CancelAsync();
        await _running.WaitAsync(_patience);
        Assert.Equal(["start silo-1", "stop silo-1"], _nodes.Events);
    }

    private void Run(int silos) =>
        _running = new Supervisor(_nodes.Cluster(silos), _nodes.Running, Options, _clock, _said.Add).RunAsync((url, ready) => _ready.SetResult((url, ready)), _stop.Token, _kill.Token);
}
