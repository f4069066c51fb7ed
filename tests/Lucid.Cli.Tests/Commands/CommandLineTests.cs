using System.Diagnostics;
using Lucid.Cli.Tests.Node;

namespace Lucid.Cli.Tests.Commands;

/// <summary>Exit codes, help and messages.</summary>
public sealed class CommandLineTests
{
    public static TheoryData<string> Commands =>
        ["record", "sessions", "show", "verify", "prove", "refresh", "play", "export", "erase", "stop", "recover", "demo", "trust add", "trust list", "keys backup", "keys rotate", "cluster status",
            "wallet new", "wallet address", "login", "logout", "whoami", "logins", "logins end", "tokens", "tokens list", "tokens make", "tokens revoke",
            "users", "users list", "users admit", "users suspend", "users activate", "share", "unshare", "shares"];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_ShowsExamples(string command)
    {
        using var cli = new CliRun();

        var code = await cli.RunAsync([.. command.Split(' '), "--help"]);

        Assert.Equal(0, code);
        Assert.Contains($"Examples:{Environment.NewLine}  lucid {command}", cli.Out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoCommand_IsHelp()
    {
        using var cli = new CliRun();

        Assert.Equal(0, await cli.RunAsync());
        Assert.Contains("record", cli.Out.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'nonsense' is no command of lucid", "nonsense")]
    [InlineData("'nonsense' is no command of lucid trust", "trust", "nonsense")]
    [InlineData("--nonsense", "record", "file", "--nonsense")]
    [InlineData("Unknown option '--nope'", "record", "--nope", "x")]
    [InlineData("Unknown option '--nope'", "record", "--terminal", "--nope", "--", "sh")]
    [InlineData("Unknown option '--nope'", "play", "--nope", "x.lucid")]
    [InlineData("Unknown option '-x'", "sessions", "-x")]
    [InlineData("'--nope' cannot be read", "record", "--", "--nope")]
    [InlineData("--status 'foo' is no state of a session; it is one of created, recording", "sessions", "--status", "foo")]
    [InlineData("--key './zz' would write over the file of -o 'zz'", "export", "0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f", "-o", "zz", "--key", "./zz")]
    [InlineData("Nothing to record", "record")]
    [InlineData("One file at a time", "record", "one", "two")]
    [InlineData("cannot be read: there is no such folder", "record", "/nonexistent/file")]
    [InlineData("is no session id", "show", "abc")]
    [InlineData("is no session id", "record", "file", "--resume", "abc")]
    [InlineData("add --yes", "erase", "0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f")]
    [InlineData("is out of range", "play", "x.lucid", "--speed", "0")]
    [InlineData("is no time", "play", "x.lucid", "--from", "soon")]
    [InlineData("is no login id; `lucid logins` lists them", "logins", "end", "abc")]
    [InlineData("is no token id; `lucid tokens` lists them", "tokens", "revoke", "abc")]
    [InlineData("--for 0 is out of range", "tokens", "make", "x", "--for", "0")]
    [InlineData("--for 367 is out of range", "tokens", "make", "x", "--for", "367")]
    [InlineData("is one of user, node_operator, admin, super_admin", "users", "admit", "T", "--role", "god")]
    [InlineData("is one of active, suspended", "users", "list", "--status", "asleep")]
    [InlineData("--reason", "users", "suspend", "T")]
    [InlineData("'--until' is required", "share", "0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f", "T")]
    [InlineData("'nonsense' is no command of lucid users", "users", "nonsense")]
    [InlineData("is no address of a node", "sessions", "--url", "here")]
    [InlineData("There is no command 'no-such-command'", "record", "--terminal", "--", "no-such-command")]
    public async Task BadInput_IsOneSentence_AndExitCode2(string expected, params string[] arguments)
    {
        using var cli = new CliRun();

        var code = await cli.RunAsync(arguments);

        Assert.Equal(2, code);
        Assert.Contains(expected, cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Single(cli.Error.ToString().TrimEnd().Split('\n'));
        Assert.Empty(cli.Out.ToString());
    }

    [Theory]
    [InlineData("lucid up", "sessions")]
    [InlineData("lucid up", "show", "0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f")]
    [InlineData("lucid up", "keys", "rotate")]
    [InlineData("lucid up", "cluster", "status")]
    [InlineData("http://127.0.0.1:1", "sessions", "--url", "http://127.0.0.1:1")]
    public async Task NoNode_IsExitCode3_WithTheCure(string expected, params string[] arguments)
    {
        using var cli = new CliRun();

        Assert.Equal(3, await cli.RunAsync(arguments));
        Assert.Contains(expected, cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_WhereTheNodeCannotBeStarted_IsExitCode3()
    {
        using var cli = new CliRun();
        cli.Set("LUCID_SILO", cli.File("absent"));

        Assert.Equal(3, await cli.RunAsync("record", cli.File("a", [1])));
        Assert.Contains("LUCID_SILO names", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_WhereTheNodeDies_ShowsItsLastWords()
    {
        using var cli = new CliRun();
        var silo = cli.File("silo", "#!/bin/sh\necho the disk is on fire\nexit 9\n"u8.ToArray());
        File.SetUnixFileMode(silo, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        cli.Set("LUCID_SILO", silo);

        Assert.Equal(3, await cli.RunAsync("record", cli.File("a", [1])));
        Assert.Contains("(exit code 9): the disk is on fire", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((1 << 20) - 1, false)]
    [InlineData(1 << 20, true)]
    public async Task Record_WhereTheNodesLogIsLong_PutsItAside(int length, bool aside)
    {
        using var cli = new CliRun();
        var silo = cli.File("silo", "#!/bin/sh\nexit 9\n"u8.ToArray());
        File.SetUnixFileMode(silo, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        cli.Set("LUCID_SILO", silo);
        cli.File("node.log", new byte[length]);
        cli.File("node.log.1", [1]);

        Assert.Equal(3, await cli.RunAsync("record", cli.File("a", [1])));
        Assert.Equal(aside ? 0 : length, new FileInfo(cli.File("node.log")).Length);
        Assert.Equal(aside ? length : 1, new FileInfo(cli.File("node.log.1")).Length);
    }

    [Fact]
    public async Task Show_UnknownSession_IsTheNodesAnswer()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = new CliRun();
        node.Announce(cli.Home);

        Assert.Equal(1, await cli.RunAsync("show", "0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f"));
        Assert.Contains("There is no session", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_AreBackedUpForTheOwnerAlone_AndRotated()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = new CliRun();
        node.Announce(cli.Home);

        Assert.Equal(0, await cli.RunAsync("keys", "backup", cli.File("recovery.key")));
        Assert.Equal(0, await cli.RunAsync("keys", "backup"));
        Assert.Equal(0, await cli.RunAsync("keys", "rotate"));

        Assert.Equal("recovery key\n", await File.ReadAllTextAsync(cli.File("recovery.key")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(cli.File("recovery.key")));
        Assert.Equal("recovery key\n", cli.OutputText);
        Assert.Contains("holds the recovery key alone", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Contains("a copy of DIR/keys/sessions", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_OfARecorder_AreAskedForByItsName()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = new CliRun();
        node.Announce(cli.Home);

        Assert.Equal(0, await cli.RunAsync("keys", "backup", "--recorder", "silo-1"));
        Assert.Equal(0, await cli.RunAsync("keys", "rotate", "--recorder", "silo&2"));
        Assert.Equal(0, await cli.RunAsync("keys", "rotate"));

        Assert.Equal(["silo-1", "silo&2", ""], node.KeysOf);
    }

    [Theory]
    [InlineData]
    [InlineData("help")]
    [InlineData("-h")]
    public async Task Script_Help_IsExitCode0(params string[] arguments)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "lucid")) || !Directory.Exists(Path.Combine(root.FullName, "silo")))
            root = root.Parent ?? throw new InvalidOperationException("The tests do not run in a checkout.");
        var start = new ProcessStartInfo(Path.Combine(root.FullName, "lucid"), arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(0, process.ExitCode);
        Assert.Contains("./lucid verify FILE.lucid", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_GivesTheSameExitCodes_AndNoStackTrace()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])[typeof(LucidCli).Assembly.Location, "record", "/nonexistent/file"])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(2, process.ExitCode);
        Assert.Equal("lucid: '/nonexistent/file' cannot be read: there is no such folder.\n", error);
    }
}
