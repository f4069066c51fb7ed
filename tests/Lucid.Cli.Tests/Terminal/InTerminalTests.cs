using System.Text;
using Lucid.Cli.Asciicast;
using Lucid.Cli.Terminal;
using Lucid.Cli.Tests.Node;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Cli.Tests.Terminal;

/// <summary>The built command line as a process, in a terminal of its own.</summary>
public sealed class InTerminalTests
{
    [Fact]
    public async Task Play_InATerminal_ListensToKeys_AndRestoresTheTerminal()
    {
        using var cli = new CliRun();
        var cast = new MemoryStream();
        var writer = new AsciicastWriter(new AsciicastHeader(80, 24, null, null, null), line => cast.Write(line.Span));
        writer.Output(TimeSpan.Zero, "beginning "u8);
        writer.Output(TimeSpan.FromHours(1), "end"u8);
        var evidence = TestEvidence.Make(new TestNetwork(1), [cast.ToArray()], change: manifest => manifest with
        {
            Tracks = [new ManifestTrack(0, "application/x-asciicast", "")],
        });
        var file = cli.File("x.lucid", await evidence.FileAsync());
        var key = cli.File("x.key", KeyFile.ForSession(evidence.Manifest.Session, evidence.Key).ToBytes());
        using var terminal = InTerminal($"$LUCID play {file} --key {key} --idle-limit 100000; stty -a | grep -o ' icanon'; echo over", cli.Home);

        ReadUntil(terminal, "beginning");
        terminal.Write("q"u8);

        var rest = ReadUntil(terminal, "over\r\n");
        Assert.Contains(" icanon", rest, StringComparison.Ordinal);
        Assert.DoesNotContain("end", rest, StringComparison.Ordinal);
        Assert.Equal(0, await terminal.Exit);
    }

    [Fact]
    public async Task Record_InATerminal_PassesKeysAndSize_AndRestoresTheTerminal()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = new CliRun();
        node.Announce(cli.Home);
        using var terminal = InTerminal(
            $"cd {cli.Home}; $LUCID record --terminal -o x.lucid -- sh -c 'stty size; read line; echo got $line'; stty -a | grep -o ' icanon'; echo over", cli.Home);

        ReadUntil(terminal, "41 123\r\n");
        terminal.Write("hello\r"u8);

        var rest = ReadUntil(terminal, "over\r\n");
        Assert.Contains("got hello\r\n", rest, StringComparison.Ordinal);
        Assert.Contains(" icanon", rest, StringComparison.Ordinal);
        Assert.Contains("\"width\":123,\"height\":41", Encoding.UTF8.GetString(node.Recorded()), StringComparison.Ordinal);
        Assert.True(File.Exists(cli.File("x.lucid")));
    }

    [Fact]
    public async Task NoColour_NoEscapeSequencesOfColour()
    {
        using var cli = new CliRun();
        var file = cli.File("x.lucid", await TestEvidence.Make(new TestNetwork(1), [[1]]).FileAsync());
        using var coloured = InTerminal($"$LUCID verify {file}; echo over", cli.Home);
        using var plain = InTerminal($"NO_COLOR=1 $LUCID verify {file}; echo over", cli.Home);

        Assert.Contains("\e[", ReadUntil(coloured, "over\r\n"), StringComparison.Ordinal);
        Assert.DoesNotMatch("\e\\[[0-9;]*3[0-9]", ReadUntil(plain, "over\r\n"));
    }

    private static PseudoTerminal InTerminal(string script, string home) => PseudoTerminal.Start(
        ["sh", "-c", $"LUCID='dotnet {typeof(LucidCli).Assembly.Location}'; {script}"],
        new TerminalSize(123, 41),
        new Dictionary<string, string>(StringComparer.Ordinal) { ["LUCID_HOME"] = home, ["TERM"] = "xterm-256color" });

    private static string ReadUntil(PseudoTerminal terminal, string wanted)
    {
        var text = "";
        var buffer = new byte[4096];
        while (!text.Contains(wanted, StringComparison.Ordinal))
        {
            var count = terminal.Read(buffer);
            Assert.True(count > 0, $"The terminal ended before it said '{wanted}'; it said '{text}'.");
            text += Encoding.UTF8.GetString(buffer, 0, count);
        }
        return text;
    }
}
