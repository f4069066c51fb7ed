namespace Lucid.Cli.Tests.Node;

/// <summary>lucid database passes on what the silo program says and how it ends.</summary>
public sealed class DatabaseTests
{
    [Theory]
    [InlineData("status", "Host=/nowhere/at/all;Database=lucid;Username=lucid", 3, "The database lucid on /nowhere/at/all cannot be reached")]
    [InlineData("migrate", "Host=/nowhere/at/all;Database=lucid;Username=lucid", 3, "The database lucid on /nowhere/at/all cannot be reached")]
    [InlineData("status", "Host=db", 2, "names no database")]
    public async Task Database_PassesOnTheSilosAnswer(string verb, string connection, int code, string said)
    {
        using var cli = new CliRun();
        Assert.Equal(code, await cli.RunAsync("database", verb, "--connection", connection));
        Assert.Contains(said, cli.Error.ToString(), StringComparison.Ordinal);
    }
}
