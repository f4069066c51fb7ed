using System.CommandLine;
using System.Globalization;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Lucid.Cli.Recording;
using Lucid.Cli.Terminal;

namespace Lucid.Cli.Commands;

/// <summary>lucid record: a file, a pipe or a terminal session becomes an anchored session and its evidence file.</summary>
internal sealed class RecordCommand : CliCommand
{
    private readonly Surroundings _surroundings;
    private readonly NodeOptions _node;

    private readonly Argument<string[]> _input = new("FILE|-")
    {
        Description = "The file to record, or - for standard input; with --terminal, the command to run (after --)",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Where the evidence file goes; one that exists is only replaced with --force or --resume. Default: the input's name and .lucid",
        HelpName = "OUT.lucid",
    };

    private readonly Option<string?> _name = new("--name") { Description = "What the session is called. Default: the file or the command" };
    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Do not wait for the anchor, and write no evidence file" };

    private readonly Option<string?> _resume = new("--resume")
    {
        Description = "Continue this session after a crash of either side",
        HelpName = "ID",
    };

    private readonly Option<string?> _receipts = new("--receipts")
    {
        Description = "Keep the chunk receipts in this file, which --resume adds to; `lucid verify --receipts` holds the evidence against them",
        HelpName = "FILE",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Overwrite the files of an earlier recording" };

    private readonly Option<string?> _policy = new("--policy") { Description = "Record it under this trust policy, which `lucid policies` lists", HelpName = "ID" };

    private readonly Option<bool> _terminal = new("--terminal")
    {
        Description = "Record a command in a terminal, as an asciicast. Once that went well, exits with the command's own status; with 130 after Ctrl-C",
    };

    public RecordCommand(Surroundings surroundings, NodeOptions node) : base(
        "record", "Record a file, a pipe or a terminal session, wait for its anchor, and write its evidence file.",
        "lucid record video.mp4                         a file; evidence in video.mp4.lucid",
        "journalctl -f | lucid record - -o log.lucid    a pipe, until it ends or Ctrl-C",
        "lucid record --terminal -- bash                a terminal session, until the command ends",
        "lucid record video.mp4 --resume ID             go on after a crash")
    {
        _surroundings = surroundings;
        _node = node;
        Add(_input);
        Add(_terminal);
        Add(_output);
        Add(_name);
        Add(_noWait);
        Add(_resume);
        Add(_policy);
        Add(_receipts);
        Add(_force);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var input = parsed.GetValue(_input) ?? [];
        var terminal = parsed.GetValue(_terminal);
        if (!terminal && input.Length != 1)
        {
            throw new CliException(input.Length == 0
                ? "Nothing to record: name a file, - for standard input, or --terminal -- COMMAND."
                : $"One file at a time: '{input[0]}' and '{input[1]}' were both given.");
        }
        Guid? resume = parsed.GetValue(_resume) is { } id ? Typed.ParseSession(id) : null;
        if (terminal && resume is not null)
            throw new CliException("A terminal session cannot be resumed: its command has ended. Record a new one.");
        Guid? policy = parsed.GetValue(_policy) is { } named ? Typed.ParseId(named, "policy", "lucid policies") : null;
        if (policy is not null && resume is not null)
            throw new CliException("A session that is resumed stays under the policy that it was begun under; leave --policy away.");
        var command = input.Length > 0 ? input : [_surroundings.Environment("SHELL") ?? "/bin/sh"];
        await using var screen = terminal ? TerminalRecording.Prepare(command, _surroundings) : null;
        var source = screen is not null ? RecordingSource.Terminal(string.Join(' ', command), screen.Asciicast)
            : input[0] == "-" ? RecordingSource.Pipe(_surroundings.OpenInput)
            : RecordingSource.File(input[0]);
        var output = parsed.GetValue(_output) ?? DefaultOutput(source, terminal ? command[0] : input[0]);
        var evidence = parsed.GetValue(_noWait) ? null : output;
        var receipts = parsed.GetValue(_receipts);
        OutputPaths.RefuseClashes([("the input", terminal || input[0] == "-" ? null : input[0])], [("-o", evidence), ("--receipts", receipts)]);
        if (evidence is not null)
            RefuseUnwritable(evidence);
        // A resumed recording goes on with its own files.
        OutputPaths.RefuseExisting(resume is not null || parsed.GetValue(_force), ("-o OUT", evidence), ("--receipts FILE", receipts));

        await using var node = await _node.OpenAsync(parsed, NodeNeed.Recording, cancellation);
        if (terminal)
            _surroundings.Note($"Recording '{source.Name}'; the recording ends when it does.");
        var name = parsed.GetValue(_name) is { Length: > 0 } given ? given : source.Name;
        var at = _node.Again(parsed);
        var again = (source.Repeatable ? $"lucid record {Plain.Word(input[0])}" : "lucid record -") + at;
        return await RecordAsync(node, source, screen, name, resume, policy, receipts, evidence, again, at, cancellation);
    }

    private async Task<int> RecordAsync(
        NodeConnection node, RecordingSource source, TerminalRecording? screen, string name, Guid? resume, Guid? policy, string? receipts, string? output,
        string again, string at, CancellationToken cancellation)
    {
        var state = new RecordingState(name, source.Length);
        // A recorded terminal has the screen for itself, and what it showed cannot be gone on with.
        var recording = new RecordingRun(node, _surroundings.Clock, state, _surroundings.Note, opened: session =>
        {
            if (screen is null)
                _surroundings.Note($"Session {session:D}. Whatever cuts this off, go on with: {again} --resume {session:D}");
        });
        string Again(Guid session) => source.Repeatable
            ? $"{again} --resume {session:D}"
            : $"{again} --resume {session:D}, or fetch what is there with: lucid export {session:D}{at}";
        // Ctrl-C ends a stream where it stands, and the session is closed properly; a file is abandoned, to be resumed.
        var (stop, abandon) = source.Repeatable ? (CancellationToken.None, cancellation) : (cancellation, CancellationToken.None);
        var request = new RecordingRequest(source, name, resume, receipts, stop) { Policy = policy };
        try
        {
            var recorded = RunAsync(recording, request, screen, abandon);
            // A recorded terminal has the screen for itself until it ends.
            if (screen is not null)
                await recorded;
            var (session, status, anchored) = await new RecordingView(_surroundings.ErrorConsole, _surroundings.Clock, state)
                .WhileAsync(AnchoredAsync(recording, recorded, wait: output is not null, abandon));
            if (output is null)
            {
                _surroundings.Out.WriteLine(session.ToString("D"));
                return status;
            }
            var (length, _) = await EvidenceDownload.WriteAsync(node, session, full: true, output, abandon);
            _surroundings.Note(
                $"Session {session:D} is anchored in block {anchored?.Anchor?.BlockHeight}: {output}, {Plain.Bytes(length)}. Check it with: lucid verify {Plain.Word(output)}");
            return status;
        }
        catch (OperationCanceledException e) when ((recording.Session ?? resume) is { } session)
        {
            throw new CliException($"Interrupted; go on with: {Again(session)}", e, ExitCode.Interrupted);
        }
        catch (Exception e) when (recording.Session is not null && CodeOf(e) is not null)
        {
            throw new CliException($"{e.Message.TrimEnd('.')}. Go on with: {Again(recording.Session.Value)}", e, CodeOf(e)!.Value);
        }
    }

    /// <returns>The session, and what to exit with once it is anchored: a recorded command's own status.</returns>
    private static async Task<(Guid Session, int Status)> RunAsync(
        RecordingRun recording, RecordingRequest request, TerminalRecording? screen, CancellationToken cancellation)
    {
        if (screen is null)
            return ((await recording.RunAsync(request, cancellation)).SessionId, ExitCode.Ok);
        using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(request.Stop);
        var terminal = screen.RunAsync(hangUp.Token);
        try
        {
            var session = await recording.RunAsync(request, cancellation);
            var status = await terminal;
            // The command was hung up on our behalf then; its status would only say so.
            return (session.SessionId, request.Stop.IsCancellationRequested ? ExitCode.Interrupted : status);
        }
        catch
        {
            // Whoever is being recorded must not go on believing so.
            await hangUp.CancelAsync();
            await Task.WhenAny(terminal);
            throw;
        }
    }

    private static async Task<(Guid Session, int Status, SessionView? Anchored)> AnchoredAsync(
        RecordingRun recording, Task<(Guid Session, int Status)> recorded, bool wait, CancellationToken cancellation)
    {
        var (session, status) = await recorded;
        return (session, status, wait ? await recording.AnchoredAsync(session, cancellation) : null);
    }

    /// <summary>What to exit with after a failure that leaves the session open to be gone on with; null after others.</summary>
    private static int? CodeOf(Exception failure) => failure switch
    {
        RefusedException => ExitCode.CheckFailed,
        NodeUnreachableException or CliException { ExitCode: ExitCode.NoNode } => ExitCode.NoNode,
        IOException or UnauthorizedAccessException => ExitCode.BadInput,
        _ => null,
    };

    private string DefaultOutput(RecordingSource source, string input)
    {
        if (source.Repeatable)
            return input + ".lucid";
        var moment = _surroundings.Clock.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        return $"{(input == "-" ? "stdin" : Path.GetFileName(input))}-{moment}.lucid";
    }

    /// <summary>Found out before hours are recorded, not after.</summary>
    private static void RefuseUnwritable(string output)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(output));
        if (Directory.Exists(output) || !Directory.Exists(folder))
            throw new CliException($"'{output}' cannot be written: {(Directory.Exists(output) ? "it is a folder" : $"there is no folder '{folder}'")}.");
    }
}
