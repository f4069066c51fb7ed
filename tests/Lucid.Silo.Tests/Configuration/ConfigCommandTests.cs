using Lucid.Silo.Configuration;

namespace Lucid.Silo.Tests.Configuration;

/// <summary>Every kind of mistake that a file of options can have, and that all of them are told together.</summary>
public sealed class ConfigCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => System.IO.Path.Combine(_folder.Data.Root, "lucid.json");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "Sessions": { "WINDOW": 64 }, /* any case, and comments */ "recording": { "memoryBudget": "67108864", }, }""")]
    [InlineData("""{ "urls": "http://127.0.0.1:8080;https://0.0.0.0:8443", "access": { "domain": "lucid.example.org", "certificate": "c", "certificateKey": "k", "trustedProxies": "10.0.0.0/8; ::1" } }""")]
    [InlineData("""{ "sessions.window": 64, "name": null, "urls": "http://127.0.0.1:1;http://[::1]:2" }""")]
    [InlineData("""{ "engine": "orleans", "role": "silo", "name": "silo-1", "cluster": { "database": "Host=127.0.0.1;Database=lucid" } }""")]
    [InlineData("""{ "engine": "Orleans", "role": "Gateway", "name": "gateway-1", "cluster": { "ledger": "silo-7", "databaseFile": "/run/secrets/database" } }""")]
    [InlineData("""
        { "engine": "orleans", "role": "silo", "name": "silo-1", "cluster": { "databaseFile": "d", "advertise": "10.0.0.5", "recorderUrl": "https://10.0.0.5:8081",
          "certificate": "c", "certificateKey": "k", "authority": "a" } }
        """)]
    public void File_ThatIsGood_EndsWith0(string json) => Assert.Equal((0, $"{Path}: no mistakes.\n", ""), Check(json));

    [Theory]
    // Not JSON.
    [InlineData("{\n  \"sessions\": {\n    \"window\": 10,,\n  }\n}", "line 3 is not JSON: ")]
    [InlineData("", "line 1 is not JSON: ")]
    [InlineData("[]", "it holds no object; options stand in { … }.")]
    [InlineData("""{ "name": "\ud800" }""", "it is not JSON: ")]
    // Unknown.
    [InlineData("""{ "sessions": { "windw": 10 } }""", "sessions.windw is not an option; did you mean sessions.window?")]
    [InlineData("""{ "window": 10 }""", "window is not an option; did you mean sessions.window?")]
    [InlineData("""{ "sesions": { "window": 10 } }""", "sesions is not an option; did you mean sessions?")]
    [InlineData("""{ "embedded": { "test": { "seed": 1 } } }""", "embedded.test is not an option; docs/options.md lists all that are.")]
    [InlineData("""{ "colour": "blue" }""", "colour is not an option; docs/options.md lists all that are.")]
    // Of the wrong type.
    [InlineData("""{ "name": 5 }""", "name is 5; it has to be text in quotes.")]
    [InlineData("""{ "sessions": { "window": "many" } }""", "sessions.window is 'many'; it has to be a whole number.")]
    [InlineData("""{ "sessions": { "window": 1.5 } }""", "sessions.window is 1.5; it has to be a whole number.")]
    [InlineData("""{ "sessions": { "window": 99999999999 } }""", "sessions.window is 99999999999; it has to be a whole number.")]
    [InlineData("""{ "sessions": { "window": [10] } }""", "sessions.window is […]; it has to be a whole number.")]
    [InlineData("""{ "sessions": { "tick": 10 } }""", "sessions.tick is 10; it has to be a time in quotes, such as ")]
    [InlineData("""{ "sessions": { "tick": "10" } }""", "sessions.tick is '10'; it has to be a time in quotes, such as ")]
    [InlineData("""{ "sessions": { "maxAhead": "24:00:00" } }""", "sessions.maxAhead is '24:00:00'; it has to be a time in quotes, such as ")]
    [InlineData("""{ "untilIdle": "yes" }""", "untilIdle is 'yes'; it has to be true or false.")]
    [InlineData("""{ "recording": { "freeSpaceReserve": {} } }""", "recording.freeSpaceReserve is {…}; it has to be a number.")]
    [InlineData("""{ "sessions": 5 }""", "sessions is 5; it is a section, with options of its own in { … }.")]
    [InlineData("""{ "engine": "orlean" }""", "engine is 'orlean'; it has to be embedded or orleans.")]
    [InlineData("""{ "engine": 1 }""", "engine is 1; it has to be embedded or orleans.")]
    [InlineData("""{ "blockInterval": 200, "BlockInterval": 300 }""", "BlockInterval is given twice; leave one out.")]
    // Out of range.
    [InlineData("""{ "blockInterval": 50 }""", "blockInterval is 50; it lies between 100 and 60000.")]
    [InlineData("""{ "recording": { "freeSpaceReserve": "NaN" } }""", "recording.freeSpaceReserve is NaN; it lies between 0 and 0.5.")]
    [InlineData("""{ "embedded": { "drain": "00:11:00" } }""", "embedded.drain is 00:11:00; it lies between 00:00:00 and 00:10:00.")]
    [InlineData("""{ "data": "" }""", "data (--data) is empty; give a directory.")]
    [InlineData("""{ "name": "Node 1" }""", "name (--name) is 'Node 1'; it has 1 to 63 of ")]
    [InlineData("""{ "urls": "http://10.0.0.5:8080" }""", "urls (--urls) has 'http://10.0.0.5:8080', where tokens would travel in the clear; ")]
    [InlineData("""{ "urls": "https://10.0.0.5:8443" }""", "urls (--urls) has 'https://10.0.0.5:8443', which needs a certificate; ")]
    [InlineData("""{ "urls": "ftp://10.0.0.5" }""", "urls (--urls) has 'ftp://10.0.0.5'; give something like ")]
    [InlineData("""{ "access": { "certificate": "c" } }""", "access.certificateKey is missing; ")]
    [InlineData("""{ "access": { "domain": "https://lucid.example.org" } }""", "access.domain is 'https://lucid.example.org'; ")]
    [InlineData("""{ "access": { "domain": "lucid_1.example.org" } }""", "access.domain cannot stand in what a wallet signs. The domain for logins, 'lucid_1.example.org', is no host name: ")]
    [InlineData("""{ "access": { "trustedProxies": "10.0.0.0/33" } }""", "access.trustedProxies has '10.0.0.0/33'; ")]
    [InlineData("""{ "access": { "origins": "app.example.org" } }""", "access.origins has 'app.example.org'; ")]
    [InlineData("""{ "limits": { "users": 0 } }""", "limits.users is 0; it lies between 1 and 10000000.")]
    [InlineData("""{ "limits": { "login": -1 } }""", "limits.login is -1; it lies between 1 and 10000000.")]
    // At odds with each other.
    [InlineData("""{ "role": "silo" }""", "role is silo, but engine is embedded, which runs a whole node only; ")]
    [InlineData("""{ "cluster": { "id": "east" } }""", "cluster has options, but engine is embedded, ")]
    public void File_WithAMistake_IsToldWhatItIs(string json, string mistake)
    {
        var (code, said, _) = Check(json);
        Assert.Equal(1, code);
        Assert.StartsWith($"{Path}: {mistake}", Assert.Single(said.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "cluster.database is missing; ")]
    [InlineData("\"database\": \"Host=a\", \"databaseFile\": \"b\"", "cluster.database and cluster.databaseFile are both given; ")]
    [InlineData("\"database\": 7", "cluster.database is something else (not shown); it has to be text in quotes.")]
    [InlineData("\"database\": \"secret\"", "cluster.database is no connection string; ")]
    [InlineData("\"databaseFile\": \"\"", "cluster.databaseFile is empty; ")]
    [InlineData("\"databaseFile\": \"d\", \"id\": \"-\"", "cluster.id is '-'; ")]
    [InlineData("\"databaseFile\": \"d\", \"ledger\": \"Silo 1\"", "cluster.ledger is 'Silo 1'; ")]
    [InlineData("\"databaseFile\": \"d\", \"ledger\": \"\"", "cluster.ledger is ''; ")]
    [InlineData("\"databaseFile\": \"d\", \"advertise\": \"db1.example.org\"", "cluster.advertise is 'db1.example.org'; give the IP address ")]
    [InlineData("\"databaseFile\": \"d\", \"advertise\": \"0.0.0.0\", \"certificate\": \"c\", \"certificateKey\": \"k\", \"authority\": \"a\"", "cluster.advertise is '0.0.0.0'; ")]
    [InlineData("\"databaseFile\": \"d\", \"advertise\": \"10.1\"", "cluster.advertise is '10.1'; ")]
    [InlineData("\"databaseFile\": \"d\", \"advertise\": \"10.0.0.5\"", "cluster.certificate and cluster.certificateKey and cluster.authority are missing: cluster.advertise is 10.0.0.5, beyond loopback, ")]
    [InlineData("\"databaseFile\": \"d\", \"recorderUrl\": \"https://10.0.0.5:1\", \"certificate\": \"c\", \"certificateKey\": \"k\"", "cluster.authority is missing: cluster.recorderUrl is https://10.0.0.5:1, ")]
    [InlineData("\"databaseFile\": \"d\", \"certificate\": \"c\", \"certificateKey\": \"k\"", "cluster.authority is missing: mutual TLS needs all three PEM files; give it.")]
    [InlineData("\"databaseFile\": \"d\", \"recorderUrl\": \"http://10.0.0.5:1\"", "cluster.recorderUrl is 'http://10.0.0.5:1', where recordings would travel in the clear; ")]
    [InlineData("\"databaseFile\": \"d\", \"recorderUrl\": \"127.0.0.1:1\"", "cluster.recorderUrl is '127.0.0.1:1'; give something like ")]
    [InlineData("\"databaseFile\": \"d\", \"siloPort\": 5000, \"gatewayPort\": 5000", "cluster.siloPort and cluster.gatewayPort are both 5000; ")]
    [InlineData("\"databaseFile\": \"d\", \"siloPort\": 65536", "cluster.siloPort is 65536; it lies between 0 and 65535.")]
    [InlineData("\"databaseFile\": \"d\", \"advertise\": \"10.0.0.5\", \"siloPort\": 0, \"certificate\": \"c\", \"certificateKey\": \"k\", \"authority\": \"a\"", "cluster.siloPort is 0, a free port, which only loopback may have; ")]
    [InlineData("\"databaseFile\": \"d\", \"probeTimeout\": \"00:00:00.4\"", "cluster.probeTimeout is 00:00:00.4000000; ")]
    [InlineData("\"databaseFile\": \"d\", \"mailboxLimit\": 9", "cluster.mailboxLimit is 9; it lies between 10 and 1000000.")]
    public void Cluster_WithAMistake_IsToldWhatItIs_AndNoSecret(string cluster, string mistake)
    {
        var (code, said, _) = Check($$"""{ "engine": "orleans", "role": "silo", "name": "silo-1", "cluster": { {{cluster}} } }""");
        Assert.Equal(1, code);
        Assert.StartsWith($"{Path}: {mistake}", Assert.Single(said.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("gateway")]
    public void Name_InAClusterMissing_IsToldOnce(string role)
    {
        var (code, said, _) = Check($$"""{ "engine": "orleans", "role": "{{role}}", "cluster": { "databaseFile": "d" } }""");
        Assert.Equal((1, $"{Path}: name is missing; in a cluster every silo and gateway has one of its own, such as silo-1.\n"), (code, said));
    }

    [Fact]
    public void File_WithManyMistakes_IsToldAllOfThemOnce()
    {
        var (code, said, _) = Check("""
            { "engine": "orleans", "blockInterval": "soon", "sessions": { "windw": 3, "tick": 5, "reminder": "00:00:01" }, "cluster": { "siloPort": 70000 } }
            """);
        Assert.Equal(1, code);
        Assert.Equal(
        [
            "blockInterval is 'soon'; it has to be a whole number.",
            "sessions.windw is not an option; did you mean sessions.window?",
            "sessions.tick is 5; it has to be a time in quotes, such as \"00:00:01.500\" or \"1.00:00:00\" for a day.",
            "role is node, but engine is orleans; say role: silo (grains, recorder, ledger) or role: gateway (HTTP).",
            "sessions.reminder is 00:00:01; it lies between 00:01:00 and 01:00:00.",
            "cluster.siloPort is 70000; it lies between 0 and 65535.",
            "name is missing; in a cluster every silo and gateway has one of its own, such as silo-1.",
            "cluster.database is missing; give the PostgreSQL connection string, or in cluster.databaseFile a file that holds it.",
        ], said.TrimEnd().Split('\n').Select(line => line[$"{Path}: ".Length..]));
    }

    /// <summary>What could not be read is at its default while the rest is judged: nothing may be said that follows from that alone.</summary>
    [Theory]
    [InlineData("""{ "engine": "orlean", "role": "silo", "name": "silo-1", "cluster": { "databaseFile": "d" } }""")]
    [InlineData("""{ "engine": "orleans", "role": "sillo", "name": "silo-1", "cluster": { "databaseFile": "d" } }""")]
    [InlineData("""{ "engine": "orleans", "role": "silo", "name": "silo-1", "cluster": { "databaseFile": 5 } }""")]
    [InlineData("""{ "engine": "orleans", "role": "silo", "name": "silo-1", "cluster": 5 }""")]
    [InlineData("""{ "engine": "orleans", "role": "silo", "name": 5, "cluster": { "databaseFile": "d" } }""")]
    public void Mistake_ThatOnlyFollowsFromAnother_IsNotTold(string json) => Assert.Single(Check(json).Output.TrimEnd().Split('\n'));

    [Fact]
    public void File_ThatCannotBeRead_EndsWith2()
    {
        foreach (var path in (string[])[Path, _folder.Data.Root])
        {
            var (code, output, error) = Run("check", path);
            Assert.Equal((2, ""), (code, output));
            Assert.StartsWith($"lucid config check: {path} cannot be read: ", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void File_BeyondAMebibyte_IsRefused()
    {
        var (code, said, _) = Check($$"""{ "name": "{{new string('x', 1 << 20)}}" }""");
        Assert.Equal((1, $"{Path}: it is larger than 1 MiB, which no configuration is.\n"), (code, said));
    }

    [Fact]
    public void Verb_WithoutItsFile_ShowsItsUsage() => Assert.Equal((2, "", ConfigCommand.Usage + "\n"), Run("check"));

    private (int Code, string Output, string Error) Check(string json)
    {
        File.WriteAllText(Path, json);
        return Run("check", Path);
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        return (ConfigCommand.Run(args, output, error), output.ToString(), error.ToString());
    }
}
