using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Lucid.Cli.Playback;
using Lucid.Cli.Recording;
using Lucid.Cli.Terminal;
using Lucid.Evidence.Files;
using Lucid.Evidence.Verification;
using Spectre.Console;

namespace Lucid.Cli.Demo;

/// <summary>
/// The main job on one screen: two recordings side by side, their anchors, the node gone, and two files that verify without it; then one
/// byte of one of them is changed. Every line is printed after what it says has happened, and has been checked.
/// </summary>
internal sealed class Demonstration(Surroundings surroundings)
{
    private static readonly TimeSpan s_blockInterval = TimeSpan.FromSeconds(1);

    // Real commands, each with something to show; the last line is what a person would type to see how it went.
    private const string Script = """
        for command in 'uname -a' 'date -u' 'df -h /' 'ls -l /' 'head -3 /proc/meminfo'; do
          printf '$ %s\n' "$command"; $command
        done
        """;

    private readonly IAnsiConsole _console = surroundings.OutConsole;
    private readonly List<(string Step, TimeSpan Took)> _timings = [];

    /// <summary>Runs all of it.</summary>
    /// <returns>0 only if every step came out as it must.</returns>
    public async Task<int> RunAsync(string? keep, CancellationToken cancellation)
    {
        var began = surroundings.Clock.GetTimestamp();
        using var folder = DemoFolder.Create(keep);
        _console.MarkupLine("[bold]Lucid[/] records sessions so that nobody can quietly change, drop or lose them. Watch:");

        var input = folder.File("sample.bin");
        await StepAsync("make a file", () => SampleFile.WriteAsync(input, cancellation));
        Say($"A file of {Plain.Bytes(SampleFile.Length)}, programs and random bytes, and a terminal in which a few commands run.");

        var evidence = await RecordAsync(folder, input, cancellation);
        await VerifyAsync(folder, evidence, cancellation);
        await PlayAsync(evidence, input, cancellation);
        await TamperAsync(folder, evidence, cancellation);

        var steps = string.Join(", ", _timings.Select(timing => $"{timing.Step} {Plain.Time(timing.Took)}"));
        _console.MarkupLine($"[grey]{Markup.Escape($"{steps}; {Plain.Time(surroundings.Clock.GetElapsedTime(began))} in all.")}[/]");
        Say(keep is null
            ? "Nothing was left behind; --keep DIR keeps it all. Your own: lucid record FILE"
            : $"Everything lies in {folder.Path}; look with: lucid verify {Plain.Word(evidence.File)} --validators {Plain.Word(evidence.Validators)}");
        return ExitCode.Ok;
    }

    /// <summary>What is left when the node is gone.</summary>
    private sealed record Evidence(string File, string Terminal, string Validators, string Key);

    private async Task<Evidence> RecordAsync(DemoFolder folder, string input, CancellationToken cancellation)
    {
        var files = new NodeFiles(folder.File("node"));
        var process = await StepAsync("start a node", async () =>
            await NodeProcess.StartAsync(files, new NodeStart(UntilIdle: false, s_blockInterval), surroundings, cancellation)
            ?? throw new CliException($"Another node runs on '{files.Directory}'.", ExitCode.NoNode));
        try
        {
            await using var node = await NodeConnection.OpenAsync(surroundings, files, null, NodeNeed.Running, NodeCaller.Usual, cancellation);
            Say($"A node of its own runs at {files.ReadNotice()?.Url}, a block every {Plain.Time(s_blockInterval)}.");
            var (fileSession, terminalSession) = await StepAsync("record and anchor both", () => RecordBothAsync(node, input, cancellation));

            var evidence = new Evidence(
                folder.File("sample.bin.lucid"), folder.File("terminal.lucid"), folder.File("network.validators"), folder.File("session.key"));
            await StepAsync("write the evidence", async () =>
            {
                await EvidenceDownload.WriteAsync(node, fileSession.SessionId, full: true, evidence.File, cancellation);
                await EvidenceDownload.WriteAsync(node, terminalSession.SessionId, full: true, evidence.Terminal, cancellation);
                await File.WriteAllTextAsync(evidence.Validators, await node.Client.Chain.GetValidatorsAsync(cancellation), cancellation);
                await WholeFile.WriteAsync(
                    evidence.Key, await node.Client.Recordings.GetKeyAsync(fileSession.SessionId, cancellation), cancellation, secret: true);
            });
            Say($"Anchored in {Blocks(fileSession, terminalSession)}: {Size(evidence.File)} and {Size(evidence.Terminal)}, ciphertext and proof in one file each.");

            var code = await StepAsync("stop the node", process.StopAsync);
            Require(code == 0, $"The node ended with exit code {code}; its log: {files.LogPath}");
            Say("The node is stopped. From here on nobody answers any question.");
            return evidence;
        }
        finally
        {
            // After a failure in between; a node that was stopped already does not mind.
            await process.StopAsync();
        }
    }

    private async Task<(SessionView File, SessionView Terminal)> RecordBothAsync(
        NodeConnection node, string input, CancellationToken cancellation)
    {
        var fileSource = RecordingSource.File(input);
        await using var terminal = new TerminalRecording(["sh", "-c", Script], new TerminalSeat(Stream.Null, null), surroundings.Clock);
        var terminalSource = RecordingSource.Terminal("a few commands", terminal.Asciicast);
        RecordingState[] states = [new("sample.bin", fileSource.Length), new("terminal", null)];

        async Task<(SessionView, SessionView)> BothAsync()
        {
            var commands = terminal.RunAsync(cancellation);
            var file = AnchorAsync(node, fileSource, states[0], cancellation);
            var screen = AnchorAsync(node, terminalSource, states[1], cancellation);
            await Task.WhenAll(file, screen, commands);
            Require(await commands == 0, $"The commands in the terminal ended with exit code {await commands}.");
            return (await file, await screen);
        }
        return await new RecordingView(_console, surroundings.Clock, states).WhileAsync(BothAsync());
    }

    private async Task<SessionView> AnchorAsync(
        NodeConnection node, RecordingSource source, RecordingState state, CancellationToken cancellation)
    {
        var recording = new RecordingRun(node, surroundings.Clock, state, Say, opened: _ => { });
        var session = await recording.RunAsync(new RecordingRequest(source, source.Name, null, null, CancellationToken.None), cancellation);
        return await recording.AnchoredAsync(session.SessionId, cancellation);
    }

    private async Task VerifyAsync(DemoFolder folder, Evidence evidence, CancellationToken cancellation)
    {
        var verifier = Verifier(folder, evidence);
        var reports = await StepAsync("verify both", () => Task.WhenAll(
            verifier.VerifyAsync(evidence.File, cancellation), verifier.VerifyAsync(evidence.Terminal, cancellation)));
        foreach (var (report, code) in reports)
            Require(code == ExitCode.Ok && report.Verdict == Verdict.Verified, $"Verification said: {report.Summary}");
        var proved = reports[0].Report;
        _console.MarkupLine($"[green]{Mark} VERIFIED[/] both, offline, by a verifier that has only the validators file:");
        Say($"  recorded by {proved.Recorder}, after block {proved.NotOlderThan?.Height} ({Moment(proved.NotOlderThan?.Time)}), " +
            $"before block {proved.NotNewerThan?.Height} ({Moment(proved.NotNewerThan?.Time)}), {(proved.Gaps.IsEmpty ? "the recorder declares no gap" : Plain.Count(proved.Gaps.Length, "gap"))}.");
    }

    private async Task PlayAsync(Evidence evidence, string input, CancellationToken cancellation)
    {
        await StepAsync("play and compare", async () =>
        {
            var file = await EvidenceFile.OpenAsync(evidence.File, cancellation);
            using var keys = ChunkKeys.FromFile(evidence.Key, file.Manifest);
            await using var played = file.OpenTrack(0, keys);
            await using var original = File.OpenRead(input);
            Require(await StreamComparison.SameAsync(played, original, cancellation), "What was played is not what was recorded.");
        });
        _console.MarkupLine($"[green]{Mark} PLAYED[/] with the session's key: byte for byte the file that was recorded.");
    }

    /// <summary>One bit of one byte, in the middle of one chunk's ciphertext.</summary>
    private async Task TamperAsync(DemoFolder folder, Evidence evidence, CancellationToken cancellation)
    {
        var copy = folder.File("altered.lucid");
        var (chunk, position) = await AlterAsync(evidence.File, copy, cancellation);
        var (report, code) = await StepAsync("catch one changed byte", () => Verifier(folder, evidence).VerifyAsync(copy, cancellation));
        Require(
            code == ExitCode.CheckFailed && report.Verdict == Verdict.Failed && report.Summary.Contains($"chunk {chunk}", StringComparison.OrdinalIgnoreCase),
            $"One byte was changed in chunk {chunk}, and verification said: {report.Summary}");
        _console.MarkupLine($"[green]{Mark} CAUGHT[/] one changed byte of {new FileInfo(copy).Length:#,0}, at {position:#,0}: [red]{Markup.Escape(report.Summary)}[/]");
    }

    private static async Task<(ulong Chunk, long Position)> AlterAsync(string evidence, string copy, CancellationToken cancellation)
    {
        File.Copy(evidence, copy);
        await using var file = new FileStream(copy, FileMode.Open, FileAccess.ReadWrite);
        var index = await EvidenceFileIndex.OpenAsync(file, cancellation);
        var entry = index.Chunks[index.Chunks.Length / 2];
        file.Position = entry.ContentOffset + (entry.Length / 2);
        var position = file.Position;
        var altered = (byte)(file.ReadByte() ^ 1);
        file.Position = position;
        file.WriteByte(altered);
        return (entry.Chunk, position);
    }

    private static FreshVerifier Verifier(DemoFolder folder, Evidence evidence) => new(folder.File("nobody"), evidence.Validators);

    private string Mark => _console.Profile.Capabilities.Unicode ? "✓" : "*";

    private void Say(string text) => _console.WriteLine(text);

    private static void Require([DoesNotReturnIf(false)] bool held, string otherwise)
    {
        if (!held)
            throw new CliException($"The demo failed. {otherwise}", ExitCode.CheckFailed);
    }

    private static string Blocks(SessionView file, SessionView terminal) => file.Anchor?.BlockHeight == terminal.Anchor?.BlockHeight
        ? $"block {file.Anchor?.BlockHeight}"
        : $"blocks {file.Anchor?.BlockHeight} and {terminal.Anchor?.BlockHeight}";

    private static string Size(string path) => $"{Path.GetFileName(path)} ({Plain.Bytes(new FileInfo(path).Length)})";

    private static string Moment(DateTimeOffset? time) => time?.UtcDateTime.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "?";

    private async Task<T> StepAsync<T>(string name, Func<Task<T>> step)
    {
        var began = surroundings.Clock.GetTimestamp();
        var result = await step();
        _timings.Add((name, surroundings.Clock.GetElapsedTime(began)));
        return result;
    }

    private Task<bool> StepAsync(string name, Func<Task> step) => StepAsync(name, async () =>
    {
        await step();
        return true;
    });
}
