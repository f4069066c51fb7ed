using System.Text.RegularExpressions;
using Lucid.Silo.Configuration;
using Lucid.Silo.Doctor;

namespace Lucid.Silo.Tests.Doctor;

/// <summary>No option is forgotten: each either can be unsafe, and then the doctor names it, or it stands below among those that cannot.</summary>
public sealed partial class OptionExaminationTests : IDisposable
{
    private const string InACluster = """ "engine": "orleans", "role": "silo", "name": "a" """;

    /// <summary>A value that a node accepts and that is unsafe, in the file that has it. FILE is one that others can read.</summary>
    private static readonly Dictionary<string, string> _unsafe = new(StringComparer.Ordinal)
    {
        ["recording.freeSpaceReserve"] = Section("recording", "freeSpaceReserve", "0"),
        ["tokens.rotateEvery"] = Section("tokens", "rotateEvery", "\"91.00:00:00\""),
        ["tokens.newsEvery"] = """{ "tokens": { "newsEvery": "00:00:02", "newsWithin": "00:00:03" } }""",
        ["tokens.newsWithin"] = Section("tokens", "newsWithin", "\"00:00:02\""),
        ["cluster.database"] = $$"""{ {{InACluster}}, "cluster": { "database": "Host=127.0.0.1;Password=x" } }""",
        ["cluster.databaseFile"] = $$"""{ {{InACluster}}, "cluster": { "databaseFile": "FILE" } }""",
        ["cluster.certificate"] = $$"""{ {{InACluster}}, "cluster": { "database": "Host=127.0.0.1" } }""",
        ["access.domain"] = Section("access", "domain", "\"lucid.example.org\""),
        ["access.certificate"] = """{ "access": { "certificate": "FILE", "certificateKey": "FILE" } }""",
        ["access.trustedProxies"] = Section("access", "trustedProxies", "\"0.0.0.0/7\""),
        ["access.admitStrangers"] = Section("access", "admitStrangers", "true"),
        ["access.origins"] = Section("access", "origins", "\"*\""),
        ["mail.passwordFile"] = """{ "mail": { "server": "smtp.example.org", "sender": "a@example.org", "user": "a", "passwordFile": "FILE" } }""",
        ["mail.folder"] = """{ "access": { "domain": "lucid.example.org" }, "mail": { "folder": "/mails", "sender": "a@example.org" } }""",
        ["limits.strangers"] = Section("limits", "strangers", "1001"),
        ["limits.users"] = Section("limits", "users", "10001"),
        ["limits.admins"] = Section("limits", "admins", "100001"),
        ["limits.login"] = Section("limits", "login", "101"),
        ["limits.loginBlock"] = Section("limits", "loginBlock", "\"00:00:29\""),
        ["limits.refresh"] = Section("limits", "refresh", "601"),
        ["limits.createSession"] = Section("limits", "createSession", "101"),
        ["limits.chainQueries"] = Section("limits", "chainQueries", "5001"),
        ["limits.anchoring"] = Section("limits", "anchoring", "2001"),
        ["limits.merkle"] = Section("limits", "merkle", "3001"),
        ["limits.loopbackTimes"] = Section("limits", "loopbackTimes", "201"),
        ["limits.aloneShare"] = Section("limits", "aloneShare", "0.6"),
        ["limits.partitions"] = Section("limits", "partitions", "9999"),
        ["limits.connections"] = Section("limits", "connections", "50001"),
        ["limits.connectionsPerAddress"] = Section("limits", "connectionsPerAddress", "5001"),
        ["limits.circuitFailures"] = Section("limits", "circuitFailures", "51"),
        ["limits.circuitOpen"] = Section("limits", "circuitOpen", "\"00:05:01\""),
    };

    /// <summary>What an unsafe value of is refused at start, and with it by the doctor.</summary>
    private static readonly string[] _refused =
    [
        "urls", "tokens.life", "access.certificateKey", "cluster.advertise", "cluster.certificateKey", "cluster.authority", "cluster.recorderUrl", "mail.server",
    ];

    /// <summary>Names, places, and how much of this machine is used for what: no value lets anybody at what is not theirs.</summary>
    private static readonly string[] _harmless =
    [
        "engine", "role", "data", "name", "network", "blockInterval", "untilIdle", "tokens.cacheSize",
        "recording.sealingWorkers", "recording.memoryBudget", "recording.readingWorkers", "recording.readingBudget", "recording.maxWait", "recording.compressionBudget",
        "cluster.id", "cluster.ledger", "cluster.siloPort", "cluster.gatewayPort", "cluster.probeTimeout", "cluster.callDeadline", "cluster.mailboxLimit",
        "mail.port", "mail.sender", "mail.user",
        .. OptionCatalog.All.Select(option => option.Name).Where(name => name.StartsWith("sessions.", StringComparison.Ordinal) || name.StartsWith("embedded.", StringComparison.Ordinal)),
    ];

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Unsafe => [.. _unsafe.Keys];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Options_AreAllJudged() =>
        Assert.Equal(OptionCatalog.All.Select(option => option.Name).Order(StringComparer.Ordinal), _unsafe.Keys.Concat(_refused).Concat(_harmless).Order(StringComparer.Ordinal));

    [Fact]
    public void Page_NamesThoseThatCanBeUnsafe()
    {
        var page = File.ReadAllText(Repository.File("docs/access.md"));
        var section = page[page.IndexOf("## What `lucid doctor` names", StringComparison.Ordinal)..].Split("\n## ")[0];
        Assert.Equal(_unsafe.Keys.Order(StringComparer.Ordinal), Option().Matches(section).Select(match => match.Groups["name"].Value).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Unsafe))]
    public void Option_WithAnUnsafeValue_IsNamed_WithItsValueAndACure(string option)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are another thing there.");
        File.SetUnixFileMode(_folder.Data.Root, (UnixFileMode)0b111_101_101);
        var secret = Path.Combine(_folder.Data.Root, "secret");
        File.WriteAllText(secret, "secret");
        File.SetUnixFileMode(secret, (UnixFileMode)0b110_100_100);
        File.WriteAllText(Path.Combine(_folder.Data.Root, "lucid.json"), _unsafe[option].Replace("FILE", secret, StringComparison.Ordinal));
        var output = new StringWriter();
        Assert.Equal(1, DoctorCommand.Run(["--data", _folder.Data.Root], output, TextWriter.Null, TimeProvider.System, new Dictionary<string, string>(StringComparer.Ordinal)));
        var line = Assert.Single(output.ToString().Split('\n'), line => line.StartsWith($"{option} is ", StringComparison.Ordinal));
        Assert.Matches(@" is [^ ].*: [a-z].*\. [A-Z].*\.\z", line);
    }

    private static string Section(string section, string option, string value) => $$"""{ "{{section}}": { "{{option}}": {{value}} } }""";

    [GeneratedRegex(@"`(?<name>(access|limits|tokens|recording|mail|cluster)\.[a-zA-Z]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Option();
}
