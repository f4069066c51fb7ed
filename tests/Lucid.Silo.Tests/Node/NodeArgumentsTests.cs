using Lucid.Silo.Hosting;

namespace Lucid.Silo.Tests.Node;

/// <summary>Where a node's options come from, and which place wins.</summary>
public sealed class NodeArgumentsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void CommandLine_WinsOverEnvironment_WhichWinsOverTheFile()
    {
        Write("""{ "name": "file", "network": "file", "blockInterval": 300, "sessions": { "window": 3, "tick": "00:00:01" } }""");
        var (options, mistakes) = Read(
            ["--name", "line", "--until-idle"], ("LUCID__NAME", "variable"), ("LUCID__NETWORK", "variable"), ("lucid__Sessions__MaxAhead", "01:00:00"), ("LUCID__SESSIONS__WINDOW", "4"));
        Assert.Empty(mistakes);
        Assert.Equal(("line", "variable", 300, true), (options!.Name, options.Network, options.BlockInterval, options.UntilIdle));
        Assert.Equal((4, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)), (options.Sessions.Window, options.Sessions.Tick, options.Sessions.MaxAhead));
    }

    [Fact]
    public void Mistakes_OfAllPlaces_AreToldTogether_EachWithItsPlace()
    {
        Write("""{ "sessions": { "windw": 3, "tick": 5 }, "blockInterval": 50 }""");
        var (options, mistakes) = Read(["--colour", "blue", "--urls", "x"], ("LUCID__SESSIONS__WINDOW", "many"), ("LUCID__SESSONS__TICK", "00:00:05"));
        Assert.Null(options);
        var file = Path.Combine(_folder.Data.Root, "lucid.json");
        Assert.Equal(
        [
            "'--colour' is not an option; --data, --urls, --name, --network, --block-interval, --cluster and --until-idle are",
            "'blue' is not an option; --data, --urls, --name, --network, --block-interval, --cluster and --until-idle are",
            $"sessions.windw in {file} is not an option; did you mean sessions.window?",
            $"sessions.tick in {file} is 5; it has to be a time in quotes, such as \"00:00:01.500\" or \"1.00:00:00\" for a day",
            "LUCID__SESSIONS__WINDOW is 'many'; it has to be a whole number",
            "LUCID__SESSONS__TICK is not an option; did you mean sessions.tick?",
            "urls (--urls) has 'x'; give something like http://127.0.0.1:8080",
            "blockInterval is 50; it lies between 100 and 60000",
        ], mistakes);
    }

    [Fact]
    public void File_ThatIsNotJson_IsNamed_BesideTheOtherMistakes()
    {
        Write("{ \"name\": }");
        var (_, mistakes) = Read(["--block-interval", "5"]);
        Assert.Equal(2, mistakes.Count);
        Assert.StartsWith($"{Path.Combine(_folder.Data.Root, "lucid.json")}: line 1 is not JSON: ", mistakes[0], StringComparison.Ordinal);
    }

    [Fact]
    public void File_IsFoundWhereTheEnvironmentSaysThatTheDataLies()
    {
        Write("""{ "name": "file" }""");
        var (options, _) = NodeArguments.Read([], new Dictionary<string, string> { ["LUCID__DATA"] = _folder.Data.Root });
        Assert.Equal(("file", _folder.Data.Root), (options!.Name, options.Data));
    }

    [Fact]
    public void Data_ThatIsEmpty_IsAMistakeLikeAnother() =>
        Assert.Equal(["data (--data) is empty; give a directory"], NodeArguments.Read(["--data="], new Dictionary<string, string>()).Mistakes);

    [Fact]
    public void Cluster_IsJudgedAsOneOfItsSilos_WithTheOptionsThatAllHave()
    {
        Write("""{ "sessions": { "window": 3 }, "cluster": { "callDeadline": "00:00:05" } }""");
        var (options, mistakes) = Read(["--cluster", "3", "--network", "lab", "--urls", "http://127.0.0.1:0"]);
        Assert.Empty(mistakes);
        Assert.Equal((3, EngineKind.Orleans, NodeRole.Silo, "lab", 3), (options!.Silos, options.Engine, options.Role, options.Network, options.Sessions.Window));
        Assert.Equal(TimeSpan.FromSeconds(5), options.Cluster.CallDeadline);
        Assert.Null(Read([]).Options?.Silos);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("17")]
    [InlineData("-3")]
    [InlineData("many")]
    public void Cluster_OfNoPossibleSize_IsAMistake(string size) =>
        Assert.Equal([$"--cluster is '{size}'; it is the number of silos, 1 to 16"], Read(["--cluster", size]).Mistakes);

    [Fact]
    public void Cluster_WithWhatItDecidesItself_IsRefused_WhereverThatStands()
    {
        Write("""{ "cluster": { "databaseFile": "elsewhere" }, "blockInterval": 5 }""");
        var (options, mistakes) = Read(["--cluster=2", "--name", "mine", "--until-idle"], ("LUCID__ENGINE", "embedded"));
        Assert.Null(options);
        string[] refused = [$"cluster.databaseFile in {Path.Combine(_folder.Data.Root, "lucid.json")}", "LUCID__ENGINE", "--name", "--until-idle"];
        Assert.Equal(
        [
            .. refused.Select(shown => $"{shown} and --cluster are both given, and the cluster decides that by itself; leave {shown} out"),
            "blockInterval is 5; it lies between 100 and 60000",
        ], mistakes);
    }

    [Fact]
    public void ConnectionString_IsReadFromItsFile_AndShownByNothing()
    {
        var file = Path.Combine(_folder.Data.Root, "database");
        File.WriteAllText(file, "Host=db;Password=hunter2\n");
        var cluster = new ClusterOptions { DatabaseFile = file };
        Assert.Equal("Host=db;Password=hunter2", cluster.ReadDatabase());
        Assert.DoesNotContain("hunter2", new NodeOptions { Cluster = new() { Database = cluster.ReadDatabase() } }.ToString(), StringComparison.Ordinal);

        File.WriteAllText(file, " \n");
        Assert.StartsWith($"{file} is empty", Assert.Throws<InvalidDataException>(cluster.ReadDatabase).Message, StringComparison.Ordinal);
        File.Delete(file);
        Assert.Contains(file, Assert.Throws<InvalidDataException>(cluster.ReadDatabase).Message, StringComparison.Ordinal);
    }

    private void Write(string json) => File.WriteAllText(Path.Combine(_folder.Data.Root, "lucid.json"), json);

    private (NodeOptions? Options, IReadOnlyList<string> Mistakes) Read(string[] args, params (string Name, string Value)[] environment) =>
        NodeArguments.Read(["--data", _folder.Data.Root, .. args], environment.ToDictionary(variable => variable.Name, variable => variable.Value, StringComparer.Ordinal));
}
