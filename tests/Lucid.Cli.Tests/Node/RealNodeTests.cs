using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Lucid.Cli.Node;
using Lucid.Cli.Recording;
using Lucid.Cli.Terminal;

namespace Lucid.Cli.Tests.Node;

/// <summary>The whole path with the real node as a process, which the command line finds or starts.</summary>
public sealed class RealNodeTests
{
    [Fact]
    public async Task Record_StartsANode_AndWhatItWritesVerifiesAndPlaysElsewhere()
    {
        using var cli = new CliRun();
        using var elsewhere = new CliRun();
        await using var stop = Prepare(cli);
        var bytes = Mixed(Chunk.MaxBytes + 123_456);
        var (input, evidence) = (cli.File("video.bin", bytes), cli.File("video.bin.lucid"));

        await SucceedsAsync(cli, "record", input, "--receipts", cli.File("video.receipts"));
        Assert.Contains("No node runs: starting one", cli.Error.ToString(), StringComparison.Ordinal);
        var validators = Assert.Single(Directory.GetFiles(cli.File("trust")));

        // On the machine itself, and on one that has never seen the node.
        await SucceedsAsync(cli, "verify", evidence, "--receipts", cli.File("video.receipts"));
        await SucceedsAsync(elsewhere, "verify", evidence, "--validators", validators);
        Assert.Equal(1, await elsewhere.RunAsync("verify", evidence));

        await SucceedsAsync(cli, "play", evidence, "-o", cli.File("played"));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(cli.File("played")));

        await SucceedsAsync(cli, "prove", evidence, "--chunk", "1", "-o", cli.File("part.lucid"), "--key", cli.File("part.key"));
        await SucceedsAsync(elsewhere, "verify", cli.File("part.lucid"), "--validators", validators);
        await SucceedsAsync(elsewhere, "play", cli.File("part.lucid"), "--key", cli.File("part.key"), "-o", elsewhere.File("part"));
        Assert.Equal(bytes[Chunk.MaxBytes..], await File.ReadAllBytesAsync(elsewhere.File("part")));

        await SucceedsAsync(cli, "refresh", evidence);
        await SucceedsAsync(elsewhere, "verify", evidence, "--validators", validators);
    }

    [Fact]
    public async Task Session_IsListedShownExportedAndErased()
    {
        using var cli = new CliRun();
        await using var stop = Prepare(cli);
        await SucceedsAsync(cli, "record", cli.File("a.txt", "some text"u8.ToArray()), "--name", "a name");
        cli.Out.GetStringBuilder().Clear();

        await SucceedsAsync(cli, "sessions", "--json");
        using var sessions = JsonDocument.Parse(cli.Out.ToString());
        var session = sessions.RootElement[0];
        var id = session.GetProperty("session_id").GetString()!;
        Assert.Equal("a name", session.GetProperty("name").GetString());
        Assert.Equal("anchored", session.GetProperty("status").GetString());
        await SucceedsAsync(cli, "sessions");
        await SucceedsAsync(cli, "show", id);
        Assert.Contains("1 chunk, 9 bytes", cli.Out.ToString(), StringComparison.Ordinal);

        await SucceedsAsync(cli, "export", id, "--key", cli.File("reader.key"), "-o", cli.File("again.lucid"));
        await SucceedsAsync(cli, "verify", cli.File("again.lucid"));
        await SucceedsAsync(cli, "play", cli.File("again.lucid"), "--key", cli.File("reader.key"));
        Assert.Equal("some text", cli.OutputText);
        await SucceedsAsync(cli, "export", id, "--proof", "-o", cli.File("proof.lucid"));
        await SucceedsAsync(cli, "verify", cli.File("proof.lucid"));

        await SucceedsAsync(cli, "erase", id, "--yes");
        Assert.Equal(1, await cli.RunAsync("play", cli.File("again.lucid")));
        Assert.Equal(1, await cli.RunAsync("export", id, "-o", cli.File("erased.lucid")));
        Assert.False(File.Exists(cli.File("erased.lucid")));
    }

    [Fact]
    public async Task Export_OfADamagedChunk_IsRefused_AndWithSkipDamagedNamesItAndKeepsTheRest()
    {
        using var cli = new CliRun();
        await using var stop = Prepare(cli);
        var bytes = Mixed(Chunk.MaxBytes + 123_456);
        await SucceedsAsync(cli, "record", cli.File("video.bin", bytes));
        var damaged = Assert.Single(Directory.GetFiles(cli.File("chunks"), "0000000000", SearchOption.AllDirectories));
        await File.WriteAllBytesAsync(damaged, [1, 2, 3]);
        var id = Path.GetFileName(Path.GetDirectoryName(damaged))!;

        Assert.Equal(1, await cli.RunAsync("export", id, "-o", cli.File("left.lucid")));
        Assert.Contains("lucid export --skip-damaged", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(cli.File("left.lucid")));

        await SucceedsAsync(cli, "export", id, "--skip-damaged", "-o", cli.File("left.lucid"));
        Assert.Contains("damaged on the node: chunks 0.", cli.Error.ToString(), StringComparison.Ordinal);
        await SucceedsAsync(cli, "verify", cli.File("left.lucid"));
        await SucceedsAsync(cli, "play", cli.File("left.lucid"), "-o", cli.File("played"));
        Assert.Equal(bytes[Chunk.MaxBytes..], await File.ReadAllBytesAsync(cli.File("played")));
    }

    [Fact]
    public async Task EmptyFileAndTerminal_AreRecordedToo()
    {
        using var cli = new CliRun();
        await using var stop = Prepare(cli);

        await SucceedsAsync(cli, "record", cli.File("empty", []));
        await SucceedsAsync(cli, "verify", cli.File("empty.lucid"));
        await SucceedsAsync(cli, "play", cli.File("empty.lucid"), "-o", cli.File("played"));
        Assert.Empty(await File.ReadAllBytesAsync(cli.File("played")));

        await SucceedsAsync(cli, "record", "--terminal", "-o", cli.File("t.lucid"), "--", "echo", "hello");
        await SucceedsAsync(cli, "verify", cli.File("t.lucid"));
        await SucceedsAsync(cli, "play", cli.File("t.lucid"), "-o", cli.File("t.cast"));
        Assert.Contains("hello\\r\\n", await File.ReadAllTextAsync(cli.File("t.cast")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NodeKilledWhileAPipeIsRecorded_IsStartedAgain_AndNothingIsLost()
    {
        using var cli = new CliRun();
        await using var stop = Prepare(cli);
        var pipe = new System.IO.Pipelines.Pipe(new System.IO.Pipelines.PipeOptions(pauseWriterThreshold: 0));
        cli.Input = pipe.Reader.AsStream();
        var (first, second) = (Mixed(Chunk.MaxBytes), Mixed(Chunk.MaxBytes + 99));
        await pipe.Writer.WriteAsync(first);
        var recording = cli.RunAsync("record", "-", "-o", cli.File("out.lucid"), "--receipts", cli.File("receipts"));
        await UntilAsync(() => File.Exists(cli.File("receipts")) && new FileInfo(cli.File("receipts")).Length > 0, recording);

        Assert.Equal(0, Libc.kill(Notice(cli)!.Pid, Libc.SignalKill));
        await pipe.Writer.WriteAsync(second);
        await pipe.Writer.CompleteAsync();

        Assert.True(await recording == 0, cli.Error.ToString());
        await SucceedsAsync(cli, "verify", cli.File("out.lucid"), "--receipts", cli.File("receipts"));
        await SucceedsAsync(cli, "play", cli.File("out.lucid"), "-o", cli.File("played"));
        Assert.Equal(first.Concat(second), await File.ReadAllBytesAsync(cli.File("played")));
    }

    [Fact]
    public async Task CommandLineKilled_ResumeFinishesTheSession()
    {
        using var cli = new CliRun();
        await using var stop = Prepare(cli);
        var bytes = Mixed((3 * Chunk.MaxBytes) + 5);
        var input = cli.File("a.bin", bytes);
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardError = true };
        foreach (var argument in (string[])[typeof(LucidCli).Assembly.Location, "record", input, "--receipts", cli.File("killed.receipts")])
            start.ArgumentList.Add(argument);
        start.Environment["LUCID_HOME"] = cli.Home;
        start.Environment["LUCID_SILO"] = SiloProgram.Find(_ => null)[^1];
        using (var process = Process.Start(start)!)
        {
            await UntilAsync(() => File.Exists(cli.File("killed.receipts")) && new FileInfo(cli.File("killed.receipts")).Length > 0, process.WaitForExitAsync());
            process.Kill();
            await process.WaitForExitAsync();
        }
        await SucceedsAsync(cli, "sessions", "--json");
        using var sessions = JsonDocument.Parse(cli.Out.ToString());
        var id = sessions.RootElement[0].GetProperty("session_id").GetString()!;

        await SucceedsAsync(cli, "record", input, "--resume", id, "--receipts", cli.File("receipts"));

        await SucceedsAsync(cli, "verify", input + ".lucid", "--receipts", cli.File("receipts"));
        await SucceedsAsync(cli, "verify", input + ".lucid", "--receipts", cli.File("killed.receipts"));
        await SucceedsAsync(cli, "play", input + ".lucid", "-o", cli.File("played"));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(cli.File("played")));
    }

    [Fact]
    public async Task Keys_AreBackedUpAndRotated_AndOldRecordingsStillPlay()
    {
        using var cli = new CliRun();
        await using var stop = Prepare(cli);
        await SucceedsAsync(cli, "record", cli.File("a", [1, 2, 3]));

        await SucceedsAsync(cli, "keys", "backup", cli.File("recovery.key"));
        await SucceedsAsync(cli, "keys", "rotate");

        Assert.NotEmpty(await File.ReadAllBytesAsync(cli.File("recovery.key")));
        await SucceedsAsync(cli, "play", cli.File("a.lucid"), "-o", cli.File("played"));
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(cli.File("played")));
    }

    [Fact]
    public async Task Demo_DoesAllOfIt_AndLeavesNothingBehind()
    {
        using var cli = new CliRun();
        var before = Directory.GetDirectories(Path.GetTempPath(), "lucid-demo-*");

        await SucceedsAsync(cli, "demo");

        foreach (var word in (string[])["VERIFIED both", "PLAYED", "CAUGHT", "in all."])
            Assert.Contains(word, cli.Out.ToString(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), "lucid-demo-*").Except(before, StringComparer.Ordinal));
    }

    /// <summary>Quick blocks, and an end for whatever node is left at the end of the test.</summary>
    private static StopNode Prepare(CliRun cli)
    {
        File.WriteAllText(cli.File("lucid.json"), """{ "BlockInterval": 200 }""");
        return new StopNode(cli);
    }

    private static NodeNotice? Notice(CliRun cli) => new NodeFiles(cli.Home).ReadNotice();

    private static async Task SucceedsAsync(CliRun cli, params string[] arguments)
    {
        var code = await cli.RunAsync(arguments);
        Assert.True(code == 0, $"lucid {string.Join(' ', arguments)} ended with {code}:\n{cli.Error}\n{cli.Out}");
    }

    /// <summary>What processes do is seen from outside only by looking.</summary>
    private static async Task UntilAsync(Func<bool> holds, Task over)
    {
        while (!holds())
        {
            Assert.False(over.IsCompleted, "The recording was over before it could be disturbed.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    /// <summary>Half of it compresses.</summary>
    private static byte[] Mixed(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes.AsSpan(length / 2));
        Encoding.UTF8.GetBytes("Half of it compresses. ").CopyTo(bytes, 0);
        return bytes;
    }

    private sealed class StopNode(CliRun cli) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (Notice(cli) is not { } notice || Libc.kill(notice.Pid, Libc.SignalTerminate) != 0)
                return;
            // It takes its notice away first, and then writes on until all of it has stopped.
            while (Runs(notice.Pid))
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        /// <summary>Not one that has ended and that nobody asked about: whoever started it may have been killed.</summary>
        private static bool Runs(int process)
        {
            try
            {
                var stat = File.ReadAllText($"/proc/{process}/stat");
                return stat[stat.LastIndexOf(')') + 2] != 'Z';
            }
            catch (IOException)
            {
                return false;
            }
        }
    }
}
