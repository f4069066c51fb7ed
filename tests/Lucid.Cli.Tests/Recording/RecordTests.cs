using System.IO.Pipelines;
using System.Net;
using Lucid.Cli.Recording;
using Lucid.Cli.Tests.Node;

namespace Lucid.Cli.Tests.Recording;

/// <summary>lucid record against a fake node: what it sends, and what it does when things go wrong.</summary>
public sealed class RecordTests
{
    [Fact]
    public async Task File_IsRecordedInChunks_AndItsEvidenceWritten()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        var bytes = Random(Chunk.MaxBytes + 1000);
        var input = cli.File("video.bin", bytes);

        var code = await cli.RunAsync("record", input, "--receipts", cli.File("receipts"));

        Assert.True(code == 0, cli.Error.ToString());
        Assert.Equal(2, node.Chunks.Count);
        Assert.Equal(bytes, node.Recorded());
        Assert.Equal("video.bin", node.Name);
        Assert.Equal(node.Evidence, await File.ReadAllBytesAsync(input + ".lucid"));
        Assert.Equal(["receipt of chunk 0", "receipt of chunk 1"], (await File.ReadAllLinesAsync(cli.File("receipts"))).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(cli.Home), path => path.EndsWith(".part", StringComparison.Ordinal));
    }

    [Fact]
    public async Task EmptyFile_IsASessionWithoutChunks()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);

        var code = await cli.RunAsync("record", cli.File("empty", []));

        Assert.Equal(0, code);
        Assert.Empty(node.Chunks);
        Assert.Equal("anchored", node.Status);
    }

    [Fact]
    public async Task NoWait_PrintsTheSessionOnly()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);

        var code = await cli.RunAsync("record", cli.File("a", [1, 2, 3]), "--no-wait");

        Assert.Equal(0, code);
        Assert.Equal($"{node.Session:D}{Environment.NewLine}", cli.Out.ToString());
        Assert.False(File.Exists(cli.File("a.lucid")));
    }

    [Fact]
    public async Task BusyNodeAndLostConnections_AreTriedAgain()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        var bytes = Random((2 * Chunk.MaxBytes) + 17);
        foreach (var mishap in (Func<Microsoft.AspNetCore.Http.HttpContext, Task>[])[FakeNode.BusyAsync, FakeNode.DropAsync, FakeNode.BusyAsync])
            node.Mishaps.Enqueue(mishap);

        var code = await cli.RunAsync("record", cli.File("a", bytes));

        Assert.True(code == 0, cli.Error.ToString());
        Assert.Equal(bytes, node.Recorded());
        Assert.Equal(3 + 3, node.Puts);
    }

    [Fact]
    public async Task FencedRecorder_EndsWithTheNodesReason_EvenWhileItsPipeIsSilent()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        var clock = new ManualClock();
        var pipe = new Pipe();
        (cli.Input, cli.Clock) = (pipe.Reader.AsStream(), clock);
        var running = cli.RunAsync("record", "-", "-o", cli.File("out.lucid"));
        await clock.WaitedForAsync(TimeSpan.FromSeconds(15));

        node.Lease = 99;
        clock.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(1, await running);
        Assert.Contains("fenced", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Contains($"--resume {node.Session:D}", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StalledPipe_SendsHeartbeatsEvery15Seconds()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        var clock = new ManualClock();
        var pipe = new Pipe();
        (cli.Input, cli.Clock) = (pipe.Reader.AsStream(), clock);
        var running = cli.RunAsync("record", "-", "--no-wait");
        for (var beat = 1; beat <= 3; beat++)
        {
            await clock.WaitedForAsync(TimeSpan.FromSeconds(15));
            clock.Advance(TimeSpan.FromSeconds(15));
            await node.UntilAsync(seen => seen.Heartbeats == beat);
        }

        await pipe.Writer.WriteAsync("late"u8.ToArray());
        await pipe.Writer.CompleteAsync();
        // The view redraws by the clock, so time has to go on for it to notice the end.
        while (!running.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.Equal(0, await running);
        Assert.Equal("late"u8.ToArray(), node.Recorded());
    }

    [Fact]
    public async Task Pipe_InterruptedByControlC_IsClosedWhereItStands()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        using var interrupt = new CancellationTokenSource();
        var pipe = new Pipe();
        cli.Input = pipe.Reader.AsStream();
        var writing = pipe.Writer.WriteAsync(Random(Chunk.MaxBytes + 5)).AsTask();
        var running = cli.RunAsync(interrupt.Token, "record", "-", "-o", cli.File("out.lucid"));
        await writing;
        await node.UntilAsync(seen => seen.Chunks.Count == 1);

        await interrupt.CancelAsync();

        Assert.Equal(0, await running);
        Assert.Equal("anchored", node.Status);
        Assert.True(File.Exists(cli.File("out.lucid")));
    }

    [Fact]
    public async Task Resume_OfAFile_SendsEverythingAgain_AndTheNodeComparesIt()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        var bytes = Random((2 * Chunk.MaxBytes) + 9);
        (node.Status, node.Lease) = ("recording", 4);
        node.Chunks[0] = bytes[..Chunk.MaxBytes];
        node.Chunks[2] = bytes[(2 * Chunk.MaxBytes)..];

        var code = await cli.RunAsync("record", cli.File("a", bytes), "--resume", node.Session.ToString("D"));

        Assert.True(code == 0, cli.Error.ToString());
        Assert.Equal(5, node.Lease);
        Assert.Equal(bytes, node.Recorded());
    }

    [Fact]
    public async Task Resume_OfAnotherFile_IsRefusedByTheNode()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        (node.Status, node.Lease) = ("recording", 4);
        node.Chunks[0] = [1, 2, 3];

        var code = await cli.RunAsync("record", cli.File("a", [1, 2, 4]), "--resume", node.Session.ToString("D"));

        Assert.Equal(1, code);
        Assert.Contains("Chunk 0 holds other bytes.", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_OfAPipe_GoesOnBehindTheLastChunk_AndAcceptsTheGaps()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        (node.Status, node.Lease) = ("recording", 1);
        node.Chunks[0] = [1];
        node.Chunks[2] = [3];
        cli.Input = new MemoryStream([4, 5]);

        var code = await cli.RunAsync("record", "-", "-o", cli.File("out.lucid"), "--resume", node.Session.ToString("D"));

        Assert.True(code == 0, cli.Error.ToString());
        Assert.Equal([4, 5], node.Chunks[3]);
        Assert.True(node.AcceptedGaps);
        Assert.Contains("A pipe cannot be read again", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_OfAWholeSession_OnlyWritesItsEvidence()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        (node.Status, node.Outcome) = ("anchored", "closed");

        var code = await cli.RunAsync("record", cli.File("a", [1]), "--resume", node.Session.ToString("D"));

        Assert.Equal(0, code);
        Assert.Equal(0, node.Puts);
        Assert.Equal(node.Evidence, await File.ReadAllBytesAsync(cli.File("a.lucid")));
    }

    [Fact]
    public async Task Resume_OfAnInterruptedSession_RecordsTheRest_InASessionThatContinuesIt()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        var bytes = Random(Chunk.MaxBytes + 20);
        (node.Status, node.Outcome) = ("anchored", "interrupted");
        // The chunk behind the gap is there, but nothing can be put before it any more: it is recorded again.
        node.Earlier.AddRange([bytes[..Chunk.MaxBytes], null, bytes[(Chunk.MaxBytes + 10)..]]);
        var receipts = cli.File("receipts", "kept before\n"u8.ToArray());

        var code = await cli.RunAsync("record", cli.File("a", bytes), "--resume", node.Session.ToString("D"), "--receipts", receipts);

        Assert.True(code == 0, cli.Error.ToString());
        Assert.Equal(bytes[Chunk.MaxBytes..], node.Recorded());
        Assert.Equal("kept before\nreceipt of chunk 0\n", await File.ReadAllTextAsync(receipts));
        Assert.Contains($"{node.Next:D} continues it", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_OfAnInterruptedSession_WithAnotherFile_IsRefused()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        (node.Status, node.Outcome) = ("anchored", "interrupted");
        node.Earlier.Add([1, 2, 3]);

        var code = await cli.RunAsync("record", cli.File("a", [1, 2, 4, 5]), "--resume", node.Session.ToString("D"));

        Assert.Equal(2, code);
        Assert.Contains("is not the file of session", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal("interrupted", node.Outcome);
        Assert.Equal(0, node.Puts);
    }

    [Fact]
    public async Task Terminal_IsRecordedAsAsciicast()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);

        var code = await cli.RunAsync("record", "--terminal", "-o", cli.File("out.lucid"), "--", "sh", "-c", "echo from the terminal");

        Assert.True(code == 0, cli.Error.ToString());
        var cast = System.Text.Encoding.UTF8.GetString(node.Recorded());
        Assert.Contains("\"version\":2", cast, StringComparison.Ordinal);
        Assert.Contains("from the terminal\\r\\n", cast, StringComparison.Ordinal);
        Assert.Contains("from the terminal\r\n", cli.OutputText, StringComparison.Ordinal);
        Assert.Equal("sh -c echo from the terminal", node.Name);
    }

    [Theory]
    [InlineData("-o")]
    [InlineData("-o", "--no-wait")]
    public async Task Terminal_EndsWithTheCommandsOwnStatus(string output, params string[] more)
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);

        var code = await cli.RunAsync(["record", "--terminal", output, cli.File("out.lucid"), .. more, "--", "sh", "-c", "exit 7"]);

        Assert.True(code == 7, cli.Error.ToString());
        Assert.Equal("anchored", node.Status);
    }

    [Fact]
    public async Task Terminal_InterruptedByControlC_IsClosed_AndExitCode130()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        using var interrupt = new CancellationTokenSource();
        // Nothing is typed, so that only the interrupt ends the command.
        cli.Input = new Pipe().Reader.AsStream();
        var running = cli.RunAsync(interrupt.Token, "record", "--terminal", "-o", cli.File("out.lucid"), "--", "sleep", "1000");
        await node.UntilAsync(seen => seen.Status == "created");

        await interrupt.CancelAsync();

        Assert.Equal(130, await running);
        Assert.True(File.Exists(cli.File("out.lucid")));
    }

    [Fact]
    public async Task ControlC_WhileTheSessionIsBeingOpened_NamesIt()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        using var interrupt = new CancellationTokenSource();
        var opens = new TaskCompletionSource();
        node.Opens = opens.Task;
        var input = cli.File("a b", [1]);
        var running = cli.RunAsync(interrupt.Token, "record", input);
        await node.UntilAsync(seen => seen.Status == "created");

        await interrupt.CancelAsync();
        opens.SetResult();

        Assert.Equal(130, await running);
        Assert.Contains($"Interrupted; go on with: lucid record '{input}' --resume {node.Session:D}", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_IsNamedAsSoonAsThereIsOne()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        var input = cli.File("a", [1]);

        Assert.Equal(0, await cli.RunAsync("record", input));
        Assert.Contains($"Session {node.Session:D}. Whatever cuts this off, go on with: lucid record {input} --resume {node.Session:D}", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EarlierRecording_IsNotOverwritten_ButWithForce()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        var input = cli.File("r1", [1]);
        var evidence = cli.File("r1.lucid", [9]);
        var receipts = cli.File("receipts", [8]);

        Assert.Equal(2, await cli.RunAsync("record", input));
        Assert.Contains($"'{evidence}' exists already; name another file with -o OUT, or overwrite it with --force.", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, await cli.RunAsync("record", input, "-o", cli.File("other.lucid"), "--receipts", receipts));
        Assert.Equal("none", node.Status);
        Assert.Equal([9], await File.ReadAllBytesAsync(evidence));
        Assert.Equal([8], await File.ReadAllBytesAsync(receipts));

        Assert.Equal(0, await cli.RunAsync("record", input, "--force"));
        Assert.Equal(node.Evidence, await File.ReadAllBytesAsync(evidence));
    }

    [Fact]
    public async Task Resume_ReplacesItsOwnOutput()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        (node.Status, node.Outcome) = ("anchored", "closed");
        var evidence = cli.File("a.lucid", [9]);

        Assert.Equal(0, await cli.RunAsync("record", cli.File("a", [1]), "--resume", node.Session.ToString("D")));
        Assert.Equal(node.Evidence, await File.ReadAllBytesAsync(evidence));
    }

    [Theory]
    [InlineData("-o", "in")]
    [InlineData("-o", "./in")]
    [InlineData("-o", "link/in")]
    [InlineData("--receipts", "in")]
    public async Task Output_ThatIsTheInput_IsRefused_EvenWithForce(string option, string output)
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        var input = cli.File("in", [1, 2, 3]);
        Directory.CreateSymbolicLink(cli.File("link"), ".");

        Assert.Equal(2, await cli.RunAsync("record", input, "--force", option, $"{cli.Home}/{output}"));
        Assert.Contains($"{option} '{cli.Home}/{output}' would write over the input '{input}'; name another file", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal("none", node.Status);
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(input));
    }

    [Fact]
    public async Task FileNameWithSpaces_IsQuotedInTheHint()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);

        Assert.Equal(0, await cli.RunAsync("record", cli.File("my talk", [1])));
        Assert.Contains($"Check it with: lucid verify '{cli.File("my talk.lucid")}'", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongToken_IsExplained()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        cli.Set("LUCID_TOKEN", "another");

        var code = await cli.RunAsync("record", cli.File("a", [1]));

        Assert.Equal(1, code);
        Assert.Contains("does not accept the token", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FullNode_IsExplainedInTheNodesWords()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = Announced(node);
        node.Mishaps.Enqueue(context => FakeNode.RefuseAsync(context, HttpStatusCode.InsufficientStorage, "LUCID_ERR_5007", "The disk is nearly full."));

        var code = await cli.RunAsync("record", cli.File("a", [1]));

        Assert.Equal(1, code);
        Assert.Contains("The disk is nearly full.", cli.Error.ToString(), StringComparison.Ordinal);
    }

    private static CliRun Announced(FakeNode node)
    {
        var cli = new CliRun();
        node.Announce(cli.Home);
        return cli;
    }

    private static byte[] Random(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
