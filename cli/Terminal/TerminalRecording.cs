using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Lucid.Cli.Asciicast;

namespace Lucid.Cli.Terminal;

/// <summary>Where a recorded terminal is shown and typed into.</summary>
/// <param name="Screen">Receives what the terminal shows.</param>
/// <param name="Keys">Read for what is typed, where no terminal is: a pipe, or nothing.</param>
internal sealed record TerminalSeat(Stream Screen, Stream? Keys);

/// <summary>
/// A command in a terminal, recorded as an asciicast while it runs. In a terminal the person keeps working as if we were not there; without
/// one, standard input is typed, and the size is the usual 80 by 24.
/// </summary>
internal sealed class TerminalRecording : IAsyncDisposable
{
    private const byte EndOfInput = 4;

    private readonly IReadOnlyList<string> _command;
    private readonly TerminalSeat _seat;
    private readonly TimeProvider _clock;
    // Bounded, so that a terminal waits when its recording cannot keep up.
    private readonly Pipe _cast = new(new PipeOptions(pauseWriterThreshold: 16 << 20, resumeWriterThreshold: 8 << 20, useSynchronizationContext: false));
    private readonly ConcurrentQueue<(TimeSpan Time, TerminalSize Size)> _resized = new();

    public TerminalRecording(IReadOnlyList<string> command, TerminalSeat seat, TimeProvider clock)
    {
        _command = command;
        _seat = seat;
        _clock = clock;
        Asciicast = _cast.Reader.AsStream();
    }

    /// <summary>The recording, as it is made. Ends when the command has ended.</summary>
    public Stream Asciicast { get; }

    /// <summary>A recording in our own terminal.</summary>
    /// <exception cref="CliException">There is no such command. Said before a session is opened for it.</exception>
    public static TerminalRecording Prepare(IReadOnlyList<string> command, Surroundings surroundings)
    {
        var program = command[0];
        var places = program.Contains('/', StringComparison.Ordinal) ? [""] : (surroundings.Environment("PATH") ?? "").Split(':');
        if (!places.Any(place => File.Exists(Path.Combine(place, program))))
            throw new CliException($"There is no command '{program}' here; check the name and PATH.");
        var keys = OwnTerminal.Present ? null : surroundings.OpenInput();
        return new TerminalRecording(command, new TerminalSeat(surroundings.OpenOutput(), keys), surroundings.Clock);
    }

    /// <summary>Runs the command to its end.</summary>
    /// <param name="stop">Hangs up.</param>
    /// <returns>The command's exit code.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        Exception? failure = null;
        try
        {
            return await RunInTerminalAsync(stop);
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            await _cast.Writer.CompleteAsync(failure);
        }
    }

    public ValueTask DisposeAsync() => Asciicast.DisposeAsync();

    private async Task<int> RunInTerminalAsync(CancellationToken stop)
    {
        var size = OwnTerminal.Size ?? TerminalSize.Default;
        using var terminal = PseudoTerminal.Start(_command, size, new Dictionary<string, string>(StringComparer.Ordinal) { ["TERM"] = Term });
        var began = _clock.GetTimestamp();
        var writer = new AsciicastWriter(
            new AsciicastHeader(size.Columns, size.Rows, _clock.GetUtcNow(), string.Join(' ', _command), null),
            line => _cast.Writer.Write(line.Span));

        using var raw = _seat.Keys is null ? OwnTerminal.EnterRawMode() : null;
        using var ended = new CancellationTokenSource();
        await using var hangUp = stop.Register(terminal.HangUp);
        using var resize = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ =>
        {
            if (OwnTerminal.Size is not { } now)
                return;
            terminal.Resize(now);
            _resized.Enqueue((_clock.GetElapsedTime(began), now));
        });
        // Taken here: a command can be over, and the source gone, before the thread runs at all.
        var end = ended.Token;
        var typist = new Thread(() => Type(terminal, raw is not null, end)) { IsBackground = true, Name = "keys" };
        typist.Start();

        var buffer = new byte[16 * 1024];
        while (await Task.Run(() => terminal.Read(buffer), CancellationToken.None) is var count and > 0)
        {
            await _seat.Screen.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
            await _seat.Screen.FlushAsync(CancellationToken.None);
            WriteResizes(writer);
            writer.Output(_clock.GetElapsedTime(began), buffer.AsSpan(0, count));
            if ((await _cast.Writer.FlushAsync(CancellationToken.None)).IsCompleted)
                break;
        }
        WriteResizes(writer);
        writer.Finish(_clock.GetElapsedTime(began));
        var code = await terminal.Exit;
        await ended.CancelAsync();
        // The typist writes to the terminal that is about to be closed; where it reads a pipe, it stays there until the process ends.
        if (raw is not null)
            typist.Join();
        return code;
    }

    private static string Term => Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } term and not "dumb" ? term : "xterm-256color";

    private void WriteResizes(AsciicastWriter writer)
    {
        while (_resized.TryDequeue(out var resized))
            writer.Resize(resized.Time, resized.Size.Columns, resized.Size.Rows);
    }

    private void Type(PseudoTerminal terminal, bool ownTerminal, CancellationToken ended)
    {
        if (ownTerminal)
        {
            OwnTerminal.ReadKeys(keys => terminal.Write(keys), ended);
            return;
        }
        if (_seat.Keys is not { } keys)
            return;
        var buffer = new byte[4096];
        int count;
        while (!ended.IsCancellationRequested && (count = keys.Read(buffer)) > 0 && !ended.IsCancellationRequested)
            terminal.Write(buffer.AsSpan(0, count));
        if (!ended.IsCancellationRequested)
            terminal.Write([EndOfInput]);
    }
}
