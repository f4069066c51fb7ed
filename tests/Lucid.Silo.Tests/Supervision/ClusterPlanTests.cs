using System.Collections.Immutable;
using Lucid.Silo.Configuration;
using Lucid.Silo.Hosting;
using Lucid.Silo.Supervision;

namespace Lucid.Silo.Tests.Supervision;

/// <summary>What each process of a cluster is told.</summary>
public sealed class ClusterPlanTests
{
    private static readonly ClusterFolder _folder = new("/c");
    private static readonly ClusterFile _ports = new([new("silo-1", 1, 2, 3), new("silo-2", 4, 5, 6), new("silo-3", 7, 8, 9)]);

    private readonly NodeOptions _options = new() { Silos = 2, Urls = "http://127.0.0.1:8088", Network = "lab", BlockInterval = 500 };

    [Fact]
    public void Silos_HaveTheirOwnNameDirectoryAndPorts_AndTheFirstTheLedger()
    {
        var plan = Make();
        Assert.Equal(["silo-1", "silo-2"], plan.Silos.Select(silo => silo.Name));
        Assert.Equal(
        [
            "LUCID__CLUSTER__DATABASEFILE=/c/database", "LUCID__CLUSTER__GATEWAYPORT=5", "LUCID__CLUSTER__ID=lucid", "LUCID__CLUSTER__LEDGER=silo-1",
            "LUCID__CLUSTER__RECORDERURL=http://127.0.0.1:6", "LUCID__CLUSTER__SILOPORT=4", "LUCID__DATA=/c/silo-2", "LUCID__ENGINE=orleans", "LUCID__NAME=silo-2", "LUCID__ROLE=silo",
        ], Told(plan.Silos[1]));
        Assert.Equal("/c/silo-2/node.log", plan.Silos[1].LogPath);
        Assert.Equal(("lab", "500"), (plan.Ledger.Environment["LUCID__NETWORK"], plan.Ledger.Environment["LUCID__BLOCKINTERVAL"]));
    }

    [Fact]
    public void Gateway_HasTheUrl_AndTheClustersOwnDirectory_WhereTheCommandLineLooksForIt() =>
        Assert.Equal(
        [
            "LUCID__CLUSTER__DATABASEFILE=/c/database", "LUCID__CLUSTER__ID=lucid", "LUCID__CLUSTER__LEDGER=silo-1", "LUCID__DATA=/c", "LUCID__ENGINE=orleans",
            "LUCID__NAME=gateway-1", "LUCID__ROLE=gateway", "LUCID__URLS=http://127.0.0.1:8088",
        ], Told(Make().Gateway));

    [Fact]
    public void What_IsMeantForOne_TheOthersDoNotInherit() =>
        Assert.All(Make().Silos, silo => Assert.Null(silo.Environment["LUCID__URLS"]));

    [Fact]
    public void File_OfTheCluster_IsTheSilosToo_UnlessTheEnvironmentSaysOtherwise()
    {
        var plan = Make("""{ "sessions": { "window": 3, "tick": "00:00:01" }, "untilIdle": null, "urls": "http://127.0.0.1:1", "data": "/elsewhere" }""", "lucid__sessions__TICK");
        var told = plan.Silos[1].Environment;
        Assert.Equal("3", told["LUCID__SESSIONS__WINDOW"]);
        Assert.Equal("/c/silo-2", told["LUCID__DATA"]);
        Assert.Null(told["LUCID__URLS"]);
        Assert.DoesNotContain("LUCID__SESSIONS__TICK", told.Keys);
        Assert.DoesNotContain("LUCID__UNTILIDLE", told.Keys);
    }

    [Fact]
    public void Plan_AsASiloReadsIt_HasNoMistakes()
    {
        var told = Make("""{ "sessions": { "window": 3 }, "recording": { "freeSpaceReserve": 0.1 } }""").Silos[1].Environment
            .Where(variable => variable.Value is not null).ToDictionary(variable => variable.Key, variable => variable.Value!, StringComparer.Ordinal);
        var (options, mistakes) = NodeArguments.Read([], told);
        Assert.Empty(mistakes);
        Assert.Equal((3, 0.1, 4), (options!.Sessions.Window, options.Recording.FreeSpaceReserve, options.Cluster.SiloPort));
    }

    private ClusterPlan Make(string file = "{}", params string[] given) =>
        ClusterPlan.Make(_options, _folder, _ports, OptionFile.Parse(System.Text.Encoding.UTF8.GetBytes(file), name => name), given.ToImmutableHashSet(StringComparer.OrdinalIgnoreCase));

    private static IEnumerable<string> Told(NodePlan plan) =>
        plan.Environment.Where(variable => variable.Value is not null).Select(variable => $"{variable.Key}={variable.Value}").Order(StringComparer.Ordinal);
}
