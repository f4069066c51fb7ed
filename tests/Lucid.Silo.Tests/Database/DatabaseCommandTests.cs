using Lucid.Silo.Database;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Tests.Database;

public sealed class DatabaseCommandTests(PostgresServer server)
{
    private const string Nowhere = "Host=/nowhere/at/all;Database=lucid;Username=lucid;Password=geheim";

    [Fact]
    public async Task Status_ThenMigrate_ThenStatus_SayHowFarItIs()
    {
        await using var place = await server.CreateAsync();
        var (code, said, _) = await RunAsync(null, "status", "--connection", place.Connection);
        Assert.Equal(1, code);
        Assert.Contains("0001-orleans  missing", said, StringComparison.Ordinal);
        Assert.Contains("run: lucid database migrate", said, StringComparison.Ordinal);

        (code, said, _) = await RunAsync(place.Connection, "migrate");
        Assert.Equal(0, code);
        Assert.StartsWith("applied 0001-orleans\napplied 0002-lucid\n", said, StringComparison.Ordinal);

        (code, said, _) = await RunAsync(place.Connection, "migrate");
        Assert.Equal(0, code);
        Assert.Contains("nothing was to be done", said, StringComparison.Ordinal);

        (code, said, _) = await RunAsync("not this one", "status", "--connection", place.Connection);
        Assert.Equal(0, code);
        Assert.Contains("0002-lucid  applied 20", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INSERT INTO lucid_schema(version, name, sha256) VALUES(99, 'later', 'x')", "made by a newer Lucid")]
    [InlineData("UPDATE lucid_schema SET sha256 = 'x' WHERE version = 2", "migration 0002-lucid with another text")]
    public async Task Schema_ThatMigratingCannotMend_IsOneSentence(string damage, string expected)
    {
        await using var place = await server.CreateAsync();
        await RunAsync(place.Connection, "migrate");
        await place.ExecuteAsync(damage);
        var (code, said, _) = await RunAsync(place.Connection, "status");
        Assert.Equal(1, code);
        Assert.Contains(expected, said, StringComparison.Ordinal);
        (code, _, var error) = await RunAsync(place.Connection, "migrate");
        Assert.Equal(1, code);
        Assert.Contains(expected, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("migrate")]
    public async Task Server_ThatCannotBeReached_IsOneSentence(string verb)
    {
        var (code, said, error) = await RunAsync(Nowhere, verb);
        Assert.Equal(3, code);
        Assert.Empty(said);
        Assert.StartsWith("lucid database: The database lucid on /nowhere/at/all cannot be reached: ", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status", "--connection", "Host=db")]
    [InlineData("status", "--connection", "nonsense")]
    [InlineData("status")]
    [InlineData("status", "--connection")]
    [InlineData("drop")]
    [InlineData]
    public async Task Input_ThatCannotBeUsed_IsRefused(params string[] args)
    {
        var (code, said, error) = await RunAsync(null, args);
        Assert.Equal(2, code);
        Assert.Empty(said);
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("migrate", "--help")]
    public async Task Help_IsNoError(params string[] args)
    {
        var (code, said, _) = await RunAsync(null, args);
        Assert.Equal(0, code);
        Assert.Contains("Exit code", said, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Said, string Error)> RunAsync(string? environment, params string[] args)
    {
        using var said = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await DatabaseCommand.RunAsync(args, new ClusterOptions { Database = environment }, said, error);
        return (code, said.ToString(), error.ToString());
    }
}
