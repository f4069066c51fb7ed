using System.Globalization;
using Lucid.Silo.Supervision;

namespace Lucid.Silo.Tests.Supervision;

/// <summary>What the guard of a process promises. That it outlives our own death, <see cref="ClusterUpTests"/> shows.</summary>
public sealed class GuardedProcessTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly FakeNodes _nodes = new();
    private readonly SaidLines _said = new();

    public void Dispose() => _nodes.Dispose();

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 41", 41)]
    [InlineData("kill -9 $$", 137)]
    public async Task Exit_IsTheProgramsOwn(string shell, int code)
    {
        using var process = Start(shell);
        Assert.Equal(code, await process.Exited.WaitAsync(_patience));
    }

    [Fact]
    public async Task Signals_ReachTheProgram_ByTheirNames()
    {
        using var process = Start("trap 'echo usr' USR1; trap 'echo term; exit 5' TERM; echo ready; while :; do read -r _ <&4; done");
        await _said.WaitAsync("ready");
        process.Signal("USR1");
        await _said.WaitAsync("usr");
        process.Signal("TERM");
        Assert.Equal(5, await process.Exited.WaitAsync(_patience));
        // Nobody there any more, which is no mistake.
        process.Signal("KILL");
    }

    [Fact]
    public async Task Group_ThatIsSignalled_EndsWithTheProgram_NotBeforeIt()
    {
        using var process = Start("trap 'trap : TERM; echo draining' TERM; echo $PPID; echo ready; while :; do read -r order <&4 && eval \"$order\"; done");
        await _said.WaitAsync("ready");
        var group = int.Parse(_said.All[0], CultureInfo.InvariantCulture);
        using (var kill = System.Diagnostics.Process.Start("kill", ["-TERM", "--", $"-{group}"]))
            await kill.WaitForExitAsync();
        await _said.WaitAsync("draining");
        Assert.False(process.Exited.IsCompleted);
        FakeNodes.Write(Path.Combine(_nodes.Folder, "orders"), "exit 6");
        Assert.Equal(6, await process.Exited.WaitAsync(_patience));
    }

    [Fact]
    public async Task Environment_ReplacesWhatIsNamedTheSame_InAnyCase_AndNullTakesOut()
    {
        System.Environment.SetEnvironmentVariable("lucid_Guarded_Test", "theirs");
        using (var process = Start("env | grep -i guarded_test; exit 0", ("LUCID_GUARDED_TEST", "ours")))
            await process.Exited.WaitAsync(_patience);
        using (var process = Start("env | grep -i guarded_test; exit 0", ("LUCID_GUARDED_TEST", null)))
            await process.Exited.WaitAsync(_patience);
        Assert.Equal(["LUCID_GUARDED_TEST=ours"], _said.All);
    }

    [Fact]
    public async Task Rubbish_IsGoneWhenTheProgramIs()
    {
        var rubbish = Directory.CreateDirectory(Path.Combine(_nodes.Folder, "rub bish")).FullName;
        using var process = GuardedProcess.Start(new GuardedProgram(["sh", "-c", "touch \"$0/file\"", rubbish], _nodes.Folder, _nodes.Running) { Rubbish = rubbish }, _said.Add);
        Assert.Equal(0, await process.Exited.WaitAsync(_patience));
        Assert.False(Directory.Exists(rubbish));
    }

    [Fact]
    public async Task Leftovers_ThatDoNotEnd_AreKilled()
    {
        using var process = Start("trap '' TERM; echo ready; while :; do read -r _ <&4; done");
        await _said.WaitAsync("ready");
        var clock = new ManualClock();
        var ending = Leftovers.EndAsync(_nodes.Running, TimeSpan.FromSeconds(90), clock, _said.Add, default);
        await clock.WaitedForAsync(due => due > TimeSpan.Zero);
        Assert.DoesNotContain(_said.All, line => line.StartsWith("Killing", StringComparison.Ordinal));
        clock.Advance(TimeSpan.FromSeconds(90));
        await _said.WaitAsync("Killing process ");
        Assert.Equal(137, await process.Exited.WaitAsync(_patience));
        while (!ending.IsCompleted)
        {
            await Task.WhenAny(ending, clock.WaitedForAsync(due => due > TimeSpan.Zero));
            clock.Advance(TimeSpan.FromSeconds(1));
        }
        await ending;
    }

    private GuardedProcess Start(string shell, params (string Name, string? Value)[] environment)
    {
        const string Orders = "[ -p orders ] || mkfifo orders; exec 4<>orders; ";
        var program = new GuardedProgram(["sh", "-c", Orders + shell], _nodes.Folder, _nodes.Running);
        foreach (var (name, value) in environment)
            program = program with { Environment = program.Environment.Add(name, value) };
        return GuardedProcess.Start(program, _said.Add);
    }
}
