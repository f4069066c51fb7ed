using System.Text;
using Lucid.Cli.Asciicast;
using Lucid.Cli.Terminal;

namespace Lucid.Cli.Tests.Terminal;

public sealed class PseudoTerminalTests
{
    [Fact]
    public async Task Command_HasATerminalOfItsOwn_WithSizeAndExitCode()
    {
        using var terminal = PseudoTerminal.Start(["sh", "-c", "tty; stty size; exit 7"], new TerminalSize(100, 30));

        var text = ReadAll(terminal);

        Assert.Matches("^/dev/pts/[0-9]+\r\n30 100\r\n$", text);
        Assert.Equal(7, await terminal.Exit);
    }

    [Fact]
    public async Task Terminal_IsTheControllingOne()
    {
        // Opening /dev/tty fails where there is no controlling terminal.
        using var terminal = PseudoTerminal.Start(["sh", "-c", "echo reached > /dev/tty"], TerminalSize.Default);

        Assert.Equal("reached\r\n", ReadAll(terminal));
        Assert.Equal(0, await terminal.Exit);
    }

    [Fact]
    public async Task Write_IsTyped_AndControlCInterrupts()
    {
        using var terminal = PseudoTerminal.Start(["sh", "-c", "stty -echo; read line; echo got $line; exec cat"], TerminalSize.Default);

        terminal.Write("hello\n"u8);
        ReadUntil(terminal, "got hello\r\n");
        terminal.Write([3]);

        Assert.Equal(128 + 2, await terminal.Exit);
    }

    [Fact]
    public void Resize_ReachesTheCommand()
    {
        using var terminal = PseudoTerminal.Start(["sh", "-c", "stty -echo; echo ready; read line; stty size"], TerminalSize.Default);
        ReadUntil(terminal, "ready\r\n");

        terminal.Resize(new TerminalSize(132, 43));
        terminal.Write("\n"u8);

        Assert.Equal("43 132\r\n", ReadAll(terminal));
    }

    [Fact]
    public async Task BrokenPipes_EndProgramsAsUsual()
    {
        // .NET ignores SIGPIPE; were that inherited, yes would complain, or never end.
        using var terminal = PseudoTerminal.Start(["sh", "-c", "yes | head -1"], TerminalSize.Default);

        Assert.Equal("y\r\n", ReadAll(terminal));
        Assert.Equal(0, await terminal.Exit);
    }

    [Fact]
    public async Task HangUp_EndsTheCommand()
    {
        using var terminal = PseudoTerminal.Start(["sh", "-c", "echo ready; exec cat"], TerminalSize.Default);
        ReadUntil(terminal, "ready\r\n");

        terminal.HangUp();

        Assert.Equal(128 + Libc.SignalHangUp, await terminal.Exit);
    }

    [Fact]
    public async Task BackgroundPrograms_DoNotHoldTheTerminal()
    {
        using var terminal = PseudoTerminal.Start(["sh", "-c", "trap '' HUP; sleep 1000 & echo $!"], TerminalSize.Default);

        var sleeper = int.Parse(ReadAll(terminal).TrimEnd());

        Assert.Equal(0, await terminal.Exit);
        _ = Libc.kill(sleeper, Libc.SignalKill);
    }

    [Fact]
    public void NoSuchCommand_IsRefusedWithItsName()
    {
        var refusal = Assert.Throws<CliException>(() => PseudoTerminal.Start(["no-such-command-here"], TerminalSize.Default));

        Assert.Contains("no-such-command-here", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recording_OfACommand_IsAnAsciicastOfWhatItShowed()
    {
        var screen = new MemoryStream();
        await using var recording = new TerminalRecording(
            ["sh", "-c", "printf 'one\\n'; read line; echo \"$line\"; stty size"], new TerminalSeat(screen, new MemoryStream("two\n"u8.ToArray())),
            TimeProvider.System);

        var running = recording.RunAsync(CancellationToken.None);
        using var reader = await AsciicastReader.OpenAsync(recording.Asciicast, CancellationToken.None);
        var text = new StringBuilder();
        while (await reader.NextAsync(CancellationToken.None) is { } next)
            text.Append(next.Data);

        Assert.Equal(0, await running);
        Assert.Equal(Encoding.UTF8.GetString(screen.ToArray()), text.ToString());
        Assert.StartsWith("one\r\n", text.ToString().Replace("two\r\none", "one", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.EndsWith("24 80\r\n", text.ToString(), StringComparison.Ordinal);
    }

    private static string ReadAll(PseudoTerminal terminal)
    {
        var text = new MemoryStream();
        var buffer = new byte[4096];
        while (terminal.Read(buffer) is var count and > 0)
            text.Write(buffer, 0, count);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static void ReadUntil(PseudoTerminal terminal, string wanted)
    {
        var text = "";
        var buffer = new byte[4096];
        while (!text.Contains(wanted, StringComparison.Ordinal))
        {
            var count = terminal.Read(buffer);
            Assert.True(count > 0, $"The terminal ended before it said '{wanted}'; it said '{text}'.");
            text += Encoding.UTF8.GetString(buffer, 0, count);
        }
    }
}
