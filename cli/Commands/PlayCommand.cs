using System.CommandLine;
using System.Threading.Channels;
using Lucid.Cli.Asciicast;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Lucid.Cli.Playback;
using Lucid.Cli.Terminal;

namespace Lucid.Cli.Commands;

/// <summary>lucid play: what was recorded. A terminal session plays in the terminal, anything else comes out as its bytes.</summary>
internal sealed class PlayCommand : CliCommand
{
    private readonly Surroundings _surroundings;
    private readonly NodeOptions _node;
    private readonly Argument<string> _file = Typed.EvidenceFile();

    private readonly Option<string?> _key = new("--key")
    {
        Description = "A key file that `lucid export ID --key FILE` wrote. Default: the key ring of the node",
        HelpName = "FILE",
    };

    private readonly Option<string?> _output = new("--output", "-o") { Description = "Write the bytes to this file, another one than is played", HelpName = "OUT" };
    private readonly Option<double> _speed = new("--speed") { Description = "Of a terminal session: 0.1 to 100", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _from = new("--from") { Description = "Where to begin: seconds, or minutes:seconds", DefaultValueFactory = _ => "0" };

    private readonly Option<string> _idle = new("--idle-limit")
    {
        Description = "Cut longer pauses of a terminal session to this many seconds",
        DefaultValueFactory = _ => "5",
        HelpName = "SECONDS",
    };

    private readonly Option<int> _track = new("--track") { Description = "Which track", DefaultValueFactory = _ => 0 };

    private readonly Option<bool> _force = Typed.Force();

    public PlayCommand(Surroundings surroundings, NodeOptions node) : base(
        "play", "Play what was recorded: a terminal session in the terminal, anything else as its bytes.",
        "lucid play bash.lucid                     space pauses, left and right seek 5 s, up and down change the speed, q ends",
        "lucid play bash.lucid --speed 2 --from 1:30",
        "lucid play video.mp4.lucid -o video.mp4   with the key from the node's key ring",
        "lucid play video.mp4.lucid --key reader.key | mpv -")
    {
        _surroundings = surroundings;
        _node = node;
        Add(_file);
        Add(_key);
        Add(_output);
        Add(_speed);
        Add(_from);
        Add(_idle);
        Add(_track);
        Add(_force);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new PlayerOptions(
            parsed.GetValue(_speed) is >= 0.1 and <= 100 and var speed
                ? speed
                : throw new CliException($"--speed {parsed.GetValue(_speed)} is out of range: 0.1 to 100."),
            Typed.ParseTime("--idle-limit", parsed.GetRequiredValue(_idle)),
            Typed.ParseTime("--from", parsed.GetRequiredValue(_from)));
        var track = parsed.GetValue(_track);
        OutputPaths.RefuseClashes(
            [("the evidence file", parsed.GetRequiredValue(_file)), ("the key file", parsed.GetValue(_key))],
            [("-o", parsed.GetValue(_output) is var output && output == "-" ? null : output)]);
        OutputPaths.RefuseExisting(parsed.GetValue(_force), ("-o OUT", output == "-" ? null : output));
        var evidence = await EvidenceFile.OpenAsync(parsed.GetRequiredValue(_file), cancellation);
        var recorded = evidence.Manifest.Tracks.FirstOrDefault(candidate => candidate.Index == track)
            ?? throw new CliException($"Session {evidence.Session:D} has no track {track}; it has: {string.Join(", ", evidence.Manifest.Tracks.Select(one => one.Index))}.");
        using var keys = await KeysAsync(parsed, evidence, cancellation);
        await TellWhatIsMissingAsync(evidence, track, keys, cancellation);

        if (parsed.GetValue(_output) is { } path && path != "-")
        {
            var length = await WholeFile.WriteAsync(path, async (file, token) =>
            {
                await using var plain = evidence.OpenTrack(track, keys);
                await plain.CopyToAsync(file, token);
                return file.Position;
            }, cancellation);
            _surroundings.Note($"{path}: {Plain.Bytes(length)}.");
            return ExitCode.Ok;
        }
        if (_surroundings.OutIsTerminal && parsed.GetValue(_output) is null && recorded.MediaType == RecordedTerminal)
            await PlayInTerminalAsync(evidence, track, keys, options, cancellation);
        else
            await WriteOutAsync(evidence, track, keys, guardTerminal: parsed.GetValue(_output) is null, cancellation);
        return ExitCode.Ok;
    }

    private const string RecordedTerminal = "application/x-asciicast";

    private async Task<ChunkKeys> KeysAsync(ParseResult parsed, EvidenceFile evidence, CancellationToken cancellation)
    {
        if (parsed.GetValue(_key) is { } path)
            return ChunkKeys.FromFile(path, evidence.Manifest);
        try
        {
            await using var node = await _node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            return await ChunkKeys.FromNodeAsync(node.Client, evidence.Manifest, cancellation);
        }
        catch (CliException e) when (e.ExitCode == ExitCode.NoNode)
        {
            throw new CliException($"{e.Message} The key lies in its key ring; or give a key file: --key FILE", e, ExitCode.NoNode);
        }
    }

    private async Task TellWhatIsMissingAsync(EvidenceFile evidence, int track, ChunkKeys keys, CancellationToken cancellation)
    {
        var cover = await evidence.CoverAsync(track, keys, cancellation);
        if (cover.Playable == 0 && cover.Chunks > 0)
        {
            throw new CliException(
                $"None of the {Plain.Count(cover.Chunks, "chunk")} can be played: the file does not hold them, or the key does not open them. A full file comes from: lucid export {evidence.Session:D}");
        }
        if (cover.Playable < cover.Chunks)
            _surroundings.Note($"{cover.Playable} of {Plain.Count(cover.Chunks, "chunk")} can be played; the others are not in the file, or the key does not open them.");
        if (evidence.Manifest.GapCount > 0)
        {
            _surroundings.Note(
                $"The recording has {Plain.Count((long)evidence.Manifest.GapCount, "gap")}, {Plain.Time(TimeSpan.FromMilliseconds(evidence.Manifest.GapMs))} in all.");
        }
    }

    private async Task PlayInTerminalAsync(
        EvidenceFile evidence, int track, ChunkKeys keys, PlayerOptions options, CancellationToken cancellation)
    {
        var typed = Channel.CreateUnbounded<PlayerKey>();
        using var raw = OwnTerminal.EnterRawMode();
        using var over = new CancellationTokenSource();
        if (raw is null)
            typed.Writer.Complete();
        var reader = new Thread(() => OwnTerminal.ReadKeys(bytes =>
        {
            foreach (var key in PlayerKeys.Parse(bytes.ToArray()))
                typed.Writer.TryWrite(key);
        }, over.Token))
        { IsBackground = true, Name = "keys" };
        if (raw is not null)
            reader.Start();
        var player = new AsciicastPlayer(
            _ => Task.FromResult<Stream>(evidence.OpenTrack(track, keys)),
            async text =>
            {
                await _surroundings.Out.WriteAsync(text);
                await _surroundings.Out.FlushAsync(CancellationToken.None);
            },
            typed.Reader, _surroundings.Clock);
        try
        {
            await player.PlayAsync(options, cancellation);
        }
        finally
        {
            await over.CancelAsync();
            if (raw is not null)
                reader.Join();
            // Colours and modes of the recording end with it.
            await _surroundings.Out.WriteAsync("\e[0m\e[?25h\r\n");
        }
    }

    private async Task WriteOutAsync(EvidenceFile evidence, int track, ChunkKeys keys, bool guardTerminal, CancellationToken cancellation)
    {
        await using var plain = evidence.OpenTrack(track, keys);
        await using var output = _surroundings.OpenOutput();
        var first = new byte[4096];
        var count = await plain.ReadAtLeastAsync(first, first.Length, throwOnEndOfStream: false, cancellation);
        if (guardTerminal && _surroundings.OutIsTerminal && first.AsSpan(0, count).ContainsAny((byte)0, (byte)0x1b))
            throw new CliException("These bytes are no text, and would upset the terminal; write them to a file with -o FILE, or into a pipe.");
        await output.WriteAsync(first.AsMemory(0, count), cancellation);
        await plain.CopyToAsync(output, cancellation);
    }
}
