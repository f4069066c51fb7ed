using System.Diagnostics;
using System.IO.Pipelines;
using System.Text.Json;
using Lucid.Cli.Node;
using Lucid.Cli.Recording;

namespace Lucid.Cli.Tests.Node;

/// <summary>lucid record with a node that somebody else minds, and that dies under it; and with a second recorder on its session.</summary>
public sealed class OutageTests
{
    [Fact]
    public async Task NodeKilledAndStartedAgainByItsOwner_IsWaitedFor_AndTheOutageIsAGap()
    {
        using var cli = new CliRun();
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        cli.Input = pipe.Reader.AsStream();
        Task<int> recording;
        using (var first = await UpAsync(cli))
        {
            await pipe.Writer.WriteAsync(Bytes(1));
            recording = cli.RunAsync("record", "-", "-o", cli.File("out.lucid"), "--receipts", cli.File("receipts"));
            await UntilAsync(() => File.Exists(cli.File("receipts")) && new FileInfo(cli.File("receipts")).Length > 0, recording);
            first.Kill();
            await first.WaitForExitAsync();
        }
        await pipe.Writer.WriteAsync(Bytes(2));
        await UntilAsync(() => Said(cli).Contains("is gone. Waiting until it is started again", StringComparison.Ordinal), recording);

        // The directory is free for whoever minds the node.
        using var second = await UpAsync(cli);
        await pipe.Writer.CompleteAsync();

        Assert.True(await recording == 0, Said(cli));
        Assert.DoesNotContain("starting one", Said(cli), StringComparison.Ordinal);
        Assert.True(await cli.RunAsync("verify", cli.File("out.lucid"), "--receipts", cli.File("receipts")) == 0, cli.Out.ToString());
        Assert.Contains("(node_down)", cli.Out.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await cli.RunAsync("play", cli.File("out.lucid"), "-o", cli.File("played")));
        Assert.Equal(Bytes(1).Concat(Bytes(2)), await File.ReadAllBytesAsync(cli.File("played")));
        second.Kill();
    }

    [Fact]
    public async Task NodeOfAnUrl_Killed_IsSaidToBeWaitedFor_AndGoneOnWith()
    {
        using var cli = new CliRun();
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        cli.Input = pipe.Reader.AsStream();
        Task<int> recording;
        string url;
        using (var first = await UpAsync(cli))
        {
            url = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(cli.Home, "node.json"))).RootElement.GetProperty("url").GetString()!;
            await pipe.Writer.WriteAsync(Bytes(1));
            recording = cli.RunAsync("record", "-", "-o", cli.File("out.lucid"), "--receipts", cli.File("receipts"), "--url", url);
            await UntilAsync(() => File.Exists(cli.File("receipts")) && new FileInfo(cli.File("receipts")).Length > 0, recording);
            first.Kill();
            await first.WaitForExitAsync();
        }
        await pipe.Writer.WriteAsync(Bytes(2));
        await UntilAsync(() => Said(cli).Contains($"The node at {url} is gone. Waiting until it is started again (lucid up), for 5 min at most.", StringComparison.Ordinal), recording);

        using var second = await UpAsync(cli, url);
        await pipe.Writer.CompleteAsync();

        Assert.True(await recording == 0, Said(cli));
        Assert.Single(Said(cli).Split('\n'), line => line.Contains("is gone", StringComparison.Ordinal));
        Assert.Equal(0, await cli.RunAsync("verify", cli.File("out.lucid"), "--receipts", cli.File("receipts")));
        second.Kill();
    }

    [Fact]
    public async Task SecondRecorder_TakesTheSessionOver_AndTheFirstIsToldSo()
    {
        using var first = new CliRun();
        using var second = new CliRun();
        second.Set("LUCID_HOME", first.Home);
        using var node = await UpAsync(first);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        first.Input = pipe.Reader.AsStream();
        await pipe.Writer.WriteAsync(Bytes(1));
        var fenced = first.RunAsync("record", "-", "-o", first.File("first.lucid"), "--receipts", first.File("receipts"));
        await UntilAsync(() => File.Exists(first.File("receipts")) && new FileInfo(first.File("receipts")).Length > 0, fenced);
        var session = Said(first).Split("Session ")[1][..36];

        second.Input = new MemoryStream(Bytes(2));
        Assert.True(await second.RunAsync("record", "-", "--resume", session, "-o", first.File("second.lucid"), "--receipts", first.File("receipts.2")) == 0, Said(second));
        await pipe.Writer.WriteAsync(Bytes(3));

        Assert.Equal(1, await fenced);
        Assert.Contains("Lease 1 is fenced", Said(first), StringComparison.Ordinal);
        Assert.False(File.Exists(first.File("first.lucid")));
        foreach (var receipts in (string[])["receipts", "receipts.2"])
            Assert.Equal(0, await second.RunAsync("verify", first.File("second.lucid"), "--receipts", first.File(receipts)));
        Assert.Equal(0, await second.RunAsync("play", first.File("second.lucid"), "-o", first.File("played")));
        Assert.Equal(Bytes(1).Concat(Bytes(2)), await File.ReadAllBytesAsync(first.File("played")));
        await pipe.Writer.CompleteAsync();
        node.Kill();
    }

    /// <summary>A node as its owner starts it.</summary>
    private static async Task<Process> UpAsync(CliRun cli, string url = "http://127.0.0.1:0")
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var argument in (string[])
            [SiloProgram.Find(_ => null)[^1], "up", "--data", cli.Home, "--urls", url, "--block-interval", "200"])
            start.ArgumentList.Add(argument);
        var node = Process.Start(start)!;
        // On a busy machine it may warn of something before.
        while (await node.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("Lucid is ready", StringComparison.Ordinal))
                return node;
        }
        await node.WaitForExitAsync();
        throw new InvalidOperationException($"The node ended with {node.ExitCode} before it was ready.");
    }

    private static async Task UntilAsync(Func<bool> holds, Task over)
    {
        while (!holds())
        {
            Assert.False(over.IsCompleted, "The recording was over before it could be disturbed.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private static string Said(CliRun cli) => cli.Error.ToString();

    /// <summary>A whole chunk, so that it is sent at once.</summary>
    private static byte[] Bytes(int seed)
    {
        var bytes = new byte[Chunk.MaxBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
