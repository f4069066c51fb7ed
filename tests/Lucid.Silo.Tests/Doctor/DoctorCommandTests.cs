using Lucid.Silo.Doctor;
using Lucid.Silo.Hosting;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;
using Lucid.Silo.Tests.Certificates;
using Lucid.Silo.Tests.Node;

namespace Lucid.Silo.Tests.Doctor;

/// <summary>Each thing that is unsafe is named, with its cure, and nothing else is.</summary>
public sealed class DoctorCommandTests : IDisposable
{
    private static readonly Dictionary<string, string> _noEnvironment = new(StringComparer.Ordinal);

    private readonly TempFolder _folder = new();
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    public DoctorCommandTests() => Close(_folder.Data.Root);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Node_AsItIsMade_LacksTheBackupOnly_AndThenNothing()
    {
        await using (var node = await TestNode.StartAsync(_folder))
        {
            Assert.StartsWith("the recovery key: it is not backed up, ", Assert.Single(Found()), StringComparison.Ordinal);
            using var backup = await node.Client.GetAsync("keys/recovery");
            backup.EnsureSuccessStatusCode();
            Assert.Empty(Found());
        }
        Assert.Equal((0, $"{_folder.Data.Root}: nothing unsafe was found.\n"), Run("--data", _folder.Data.Root));
    }

    [Theory]
    [InlineData("""{ "urls": "http://0.0.0.0:8080" }""", "urls (--urls) has 'http://0.0.0.0:8080', where tokens would travel in the clear; ")]
    [InlineData("""{ "access": { "domain": "lucid.example.org" } }""", "access.domain is lucid.example.org: there is neither a certificate nor a trusted proxy, ")]
    [InlineData("""{ "access": { "trustedProxies": "0.0.0.0/1" } }""", "access.trustedProxies is 0.0.0.0/1: ")]
    [InlineData("""{ "access": { "trustedProxies": "2000::/3" } }""", "access.trustedProxies is 2000::/3: ")]
    [InlineData("""{ "access": { "origins": "https://app.example.org;*" } }""", "access.origins is *: ")]
    [InlineData("""{ "limits": { "strangers": 1001 } }""", "limits.strangers is 1,001: that is more than 10 times the default of 100, ")]
    [InlineData("""{ "limits": { "connections": 60000 } }""", "limits.connections is 60,000: ")]
    [InlineData("""{ "limits": { "loginBlock": "00:00:00" } }""", "limits.loginBlock is 00:00:00: ")]
    [InlineData("""{ "access": { "certificate": "/nowhere/c", "certificateKey": "/nowhere/k" } }""", "access.certificate is /nowhere/c: it cannot be used: access.certificate: there is no /nowhere/c; ")]
    [InlineData("""{ "limitz": 5 }""", "limitz in ")]
    public void Option_ThatIsUnsafe_IsNamed(string json, string line)
    {
        File.WriteAllText(Path.Combine(_folder.Data.Root, "lucid.json"), json);
        Assert.StartsWith(line, Assert.Single(Found()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "access": { "domain": "lucidabcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstu.onion" } }""")]
    [InlineData("""{ "access": { "domain": "lucid.example.org", "trustedProxies": "10.0.0.0/8" }, "limits": { "strangers": 1000 } }""")]
    public void Option_ThatIsSafe_IsNot(string json)
    {
        File.WriteAllText(Path.Combine(_folder.Data.Root, "lucid.json"), json);
        Assert.Empty(Found());
    }

    [Theory]
    [InlineData("CN=lucid.example.org", 15, null)]
    [InlineData("CN=lucid.example.org", 14, "it expires at ")]
    [InlineData("CN=lucid.example.org", -1, "it expired at ")]
    [InlineData("CN=other.example.org", 90, "it is not for lucid.example.org, ")]
    public void Certificate_ThatIsNoGood_IsNamed(string name, int days, string? what)
    {
        using var authority = new TestAuthority(_now);
        using var certificate = authority.Issue(name["CN=".Length..], from: _now.AddDays(-300), until: _now.AddDays(days).AddHours(days > 0 ? -1 : 1));
        var (path, key) = (Path.Combine(_folder.Data.Root, "c.pem"), Path.Combine(_folder.Data.Root, "k.pem"));
        File.WriteAllText(path, certificate.ExportCertificatePem());
        TestAuthority.WriteKey(key, certificate);
        File.WriteAllText(Path.Combine(_folder.Data.Root, "lucid.json"), $$"""{ "access": { "domain": "lucid.example.org", "certificate": "{{path}}", "certificateKey": "{{key}}" } }""");
        if (what is null)
            Assert.Empty(Found());
        else
            Assert.StartsWith($"access.certificate is {path}: {what}", Assert.Single(Found()), StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_ThatOthersMayReadOrThatACrashLeft_IsNamed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are another thing there.");
        var data = _folder.Data;
        File.WriteAllText(data.Token, "secret");
        Directory.CreateDirectory(data.Keys);
        File.WriteAllText(KeyRing.BackupMarkIn(data), "");
        var unfinished = Path.Combine(data.Keys, $"ring{DurableFile.UnfinishedSuffix}");
        File.WriteAllText(unfinished, "secret");
        File.SetUnixFileMode(unfinished, DurableFile.OwnerOnly);
        new NodeFile("http://127.0.0.1:1", int.MaxValue, default, "node-1", _now).Write(data);
        // It may be at work just now.
        Assert.StartsWith($"{data.NodeFile}: the node that it tells of was killed. ", Assert.Single(Found()), StringComparison.Ordinal);
        File.SetLastWriteTimeUtc(unfinished, _now.AddHours(-2).UtcDateTime);
        File.SetUnixFileMode(data.Root, (UnixFileMode)0b111_101_101);
        Assert.Equal(
            [
                $"{data.Root} is open to others (mode 755): others on this machine can look into it. Run: chmod 700 '{data.Root}'.",
                $"{data.Token} is open to others (mode 644): others on this machine can read or change it. Run: chmod 600 '{data.Token}'.",
                $"{data.NodeFile}: the node that it tells of was killed. Start the node, which finds out what it missed, or delete the file.",
                $"{unfinished}: a crash left it behind, unfinished, and it may hold what was to be secret. Delete it.",
            ], Found());
    }

    [Fact]
    public void Verb_WithWhatItDoesNotKnow_ShowsItsUsage()
    {
        var error = new StringWriter();
        Assert.Equal(2, DoctorCommand.Run(["--what"], TextWriter.Null, error, TimeProvider.System));
        Assert.Equal(DoctorCommand.Usage + "\n", error.ToString());
    }

    private string[] Found()
    {
        var (code, output) = Run("--data", _folder.Data.Root);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(code == 1, !(lines is [var one] && one.EndsWith("nothing unsafe was found.", StringComparison.Ordinal)));
        return code == 1 ? lines : [];
    }

    private static (int Code, string Output) Run(params string[] args)
    {
        var output = new StringWriter();
        return (DoctorCommand.Run(args, output, TextWriter.Null, TimeProvider.System, _noEnvironment), output.ToString());
    }

    private static void Close(string folder)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
