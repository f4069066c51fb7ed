namespace Lucid.Cli.Tests.Node;

/// <summary>lucid config check and lucid doctor, with the real silo program.</summary>
public sealed class ConfigTests
{
    [Theory]
    [InlineData("{}", 0, ": no mistakes.\n")]
    [InlineData("""{ "nme": "a", "blockInterval": 5 }""", 1, ": nme is not an option; did you mean name?\n", ": blockInterval is 5; it lies between 100 and 60000.\n")]
    public async Task Check_SaysWhatTheSiloSays_AndEndsAsItEnds(string json, int code, params string[] lines)
    {
        using var cli = new CliRun();
        await File.WriteAllTextAsync(cli.File("lucid.json"), json, TestContext.Current.CancellationToken);
        Assert.Equal(code, await cli.RunAsync(TestContext.Current.CancellationToken, "config", "check", cli.File("lucid.json")));
        Assert.Equal(string.Concat(lines.Select(line => cli.File("lucid.json") + line)), cli.Out.ToString());
    }

    [Fact]
    public async Task Check_OfAFileThatIsNotThere_EndsWith2()
    {
        using var cli = new CliRun();
        Assert.Equal(2, await cli.RunAsync(TestContext.Current.CancellationToken, "config", "check", cli.File("nowhere")));
        Assert.Contains(cli.File("nowhere"), cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_SaysWhatTheSiloSays_AndEndsAsItEnds()
    {
        using var cli = new CliRun();
        Directory.CreateDirectory(cli.File("data"));
        await File.WriteAllTextAsync(Path.Combine(cli.File("data"), "lucid.json"), """{ "access": { "origins": "*" } }""", TestContext.Current.CancellationToken);
        Assert.Equal(1, await cli.RunAsync(TestContext.Current.CancellationToken, "doctor", "--data", cli.File("data")));
        Assert.Contains("access.origins is *: ", cli.Out.ToString(), StringComparison.Ordinal);
    }
}
