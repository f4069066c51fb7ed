using System.Diagnostics;
using Lucid.Silo.Clustering;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Tests.Node;

/// <summary>What a person can mend is said in a sentence, without a stack.</summary>
public sealed class MistakeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Up_WithAnotherBlockInterval_SaysWhyInOneSentence_AndEndsWith2()
    {
        await (await TestNode.StartAsync(_folder)).DisposeAsync();
        var (code, said) = await UpAsync("--block-interval", "200");
        Assert.Equal(2, code);
        Assert.StartsWith("lucid up: ", said, StringComparison.Ordinal);
        Assert.Contains("the block interval is 100 ms, asked was 200 ms", said, StringComparison.Ordinal);
        Assert.Single(said.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Up_OnADirectoryInUse_NamesTheProcessThatHasIt_AndEndsWith3()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (code, said) = await UpAsync();
        Assert.Equal(3, code);
        Assert.Contains($"in use by another Lucid node: process {Environment.ProcessId}, at http://127.0.0.1:", said, StringComparison.Ordinal);
        Assert.Contains($"`kill {Environment.ProcessId}`", said, StringComparison.Ordinal);
        Assert.Single(said.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Up_OnADamagedGenesis_SaysWhyInOneSentence_AndEndsWith2()
    {
        await (await TestNode.StartAsync(_folder)).DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder.Data.Ledger, "genesis"), "x");
        var (code, said) = await UpAsync();
        Assert.Equal(2, code);
        Assert.Single(said.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("grains.db")]
    [InlineData("keys/ring")]
    public async Task Up_OnAFileThatIsGarbage_NamesItOnce_AndShowsNoStack(string file)
    {
        await (await TestNode.StartAsync(_folder)).DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder.Data.Root, file), new string('x', 4096));
        var (code, said, logged) = await RunAsync();
        Assert.Equal(2, code);
        Assert.Contains(Path.Combine(_folder.Data.Root, file), Assert.Single(said.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal("", logged);
    }

    [Fact]
    public async Task Up_WithUnknownOptionsAndWrongTypes_SaysAllOfThem_AndEndsWith2()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Data.Root, "lucid.json"), """{ "sessions": { "windw": 3, "tick": 5 }, "colour": "blue" }""");
        var (code, said) = await UpAsync("--block-interval", "5");
        Assert.Equal(2, code);
        var lines = said.TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("lucid up: ", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("gateway")]
    public async Task Up_WithAnEngineThatThisBuildLacks_SaysSo_AndEndsWith3_AndTouchesNothing(string role)
    {
        Assert.SkipWhen(ClusterEngine.IsHere, "this build has the cluster engine");
        await File.WriteAllTextAsync(Path.Combine(_folder.Data.Root, "lucid.json"), $$"""{ "engine": "orleans", "role": "{{role}}", "cluster": { "databaseFile": "x" } }""");
        var (code, said) = await UpAsync("--name", "silo-1");
        Assert.Equal(3, code);
        Assert.StartsWith("lucid up: this build has no cluster engine; ", Assert.Single(said.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Data.Root));
    }

    [Fact]
    public void Mistakes_OfTheEngine_AreReportedWithTheOthers()
    {
        var options = new NodeOptions { BlockInterval = 1, Embedded = new() { MailboxLimit = 0 } };
        var mistakes = options.Mistakes();
        Assert.Equal(2, mistakes.Count);
        Assert.Contains(mistakes, mistake => mistake.Contains("embedded.mailboxLimit is 0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tooshort")]
    [InlineData("0123456789abcdef 0123456789abcdef")]
    public void Token_ThatIsNone_IsNamedByItsFile_AndNotQuoted(string content)
    {
        File.WriteAllText(_folder.Data.Token, content);
        var message = Assert.Throws<InvalidDataException>(() => NodeFile.ReadOrMakeToken(_folder.Data)).Message;
        Assert.Contains(_folder.Data.Token, message, StringComparison.Ordinal);
        Assert.True(content.Length == 0 || !message.Contains(content, StringComparison.Ordinal));
    }

    private async Task<(int Code, string Error)> UpAsync(params string[] more)
    {
        var (code, error, _) = await RunAsync(more);
        return (code, error);
    }

    private async Task<(int Code, string Error, string Output)> RunAsync(params string[] more)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])[typeof(NodeHost).Assembly.Location, "up", "--data", _folder.Data.Root, "--urls", "http://127.0.0.1:0", .. more])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await error, output);
        }
        finally
        {
            // One that came up after all must not outlive the test.
            if (!process.HasExited)
                process.Kill();
        }
    }
}
