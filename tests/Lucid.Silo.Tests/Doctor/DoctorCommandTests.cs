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
    [InlineData("""{ "access": { "domain": "lucid.example.org", "trustedProxies": "0.0.0.0/1" } }""", "access.trustedProxies is 0.0.0.0/1: ")]
    [InlineData("""{ "access": { "domain": "lucid.example.org", "trustedProxies": "2000::/3" } }""", "access.trustedProxies is 2000::/3: ")]
    [InlineData("""{ "access": { "origins": "https://app.example.org;*" } }""", "access.origins is *: ")]
    [InlineData("""{ "limits": { "strangers": 1001 } }""", "limits.strangers is 1,001: that is more than 10 times the default of 100, ")]
    [InlineData("""{ "limits": { "connections": 60000 } }""", "limits.connections is 60,000: ")]
    [InlineData("""{ "limits": { "loginBlock": "00:00:00" } }""", "limits.loginBlock is 00:00:00: ")]
    [InlineData("""{ "access": { "domain": "lucid.example.org", "certificate": "/nowhere/c", "certificateKey": "/nowhere/k" } }""", "access.certificate is /nowhere/c: it cannot be used: access.certificate: there is no /nowhere/c; ")]
    [InlineData("""{ "access": { "trustedProxies": "127.0.0.1" } }""", "access.domain is none: others reach this under any name, ")]
    [InlineData("""{ "access": { "admitStrangers": true } }""", "access.admitStrangers is true: whoever makes up a wallet becomes a user, ")]
    [InlineData("""{ "limits": { "aloneShare": 1 } }""", "limits.aloneShare is 1: ")]
    [InlineData("""{ "limits": { "partitions": 9999 } }""", "limits.partitions is 9,999: that is less than a tenth of the default of 100,000, ")]
    [InlineData("""{ "limits": { "circuitOpen": "00:10:00" } }""", "limits.circuitOpen is 00:10:00: ")]
    [InlineData("""{ "tokens": { "newsWithin": "00:00:01.5" } }""", "tokens.newsWithin is 00:00:01.5000000: ")]
    [InlineData("""{ "tokens": { "rotateEvery": "365.00:00:00" } }""", "tokens.rotateEvery is 365.00:00:00: ")]
    [InlineData("""{ "recording": { "freeSpaceReserve": 0 } }""", "recording.freeSpaceReserve is 0: ")]
    [InlineData("""{ "access": { "domain": "lucidabcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstu.onion" }, "mail": { "folder": "/mails", "sender": "a@example.org" } }""", "mail.folder is /mails: ")]
    [InlineData("""{ "engine": "orleans", "role": "silo", "name": "a", "cluster": { "database": "Host=127.0.0.1" } }""", "cluster.certificate is none: any process on this machine ")]
    [InlineData("""{ "limitz": 5 }""", "limitz in ")]
    public void Option_ThatIsUnsafe_IsNamed(string json, string line)
    {
        Write(json);
        Assert.StartsWith(line, Assert.Single(Found()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "access": { "domain": "lucidabcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstu.onion" } }""")]
    [InlineData("""{ "access": { "domain": "lucid.example.org", "trustedProxies": "10.0.0.0/8" }, "limits": { "strangers": 1000 } }""")]
    [InlineData("""{ "mail": { "folder": "/mails", "sender": "a@example.org" }, "limits": { "aloneShare": 0.5 }, "tokens": { "rotateEvery": "90.00:00:00", "newsEvery": "00:00:00.9" } }""")]
    public void Option_ThatIsSafe_IsNot(string json)
    {
        Write(json);
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
    public void Secret_InAFileThatOthersMayRead_OrInTheConfiguration_IsNamed_AndNotTold()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are another thing there.");
        using var elsewhere = new TempFolder();
        File.SetUnixFileMode(elsewhere.Data.Root, (UnixFileMode)0b111_101_101);
        var open = Directory.CreateDirectory(Path.Combine(elsewhere.Data.Root, "open")).FullName;
        var (file, link) = (Path.Combine(open, "secret"), Path.Combine(open, "link"));
        File.WriteAllText(file, "Host=127.0.0.1;Password=hunter2");
        File.CreateSymbolicLink(link, file);
        foreach (var mode in (string[])["644", "600"])
        {
            File.SetUnixFileMode(file, (UnixFileMode)Convert.ToInt32(mode, 8));
            foreach (var path in (string[])[file, link])
            {
                string[] named = mode == "600" ? [] : [$" is {path}, which is open to others (mode 644): others on this machine can read or change the secret in it. Run: chmod 600 '{path}'."];
                Write($$"""{ "mail": { "server": "smtp.example.org", "sender": "a@example.org", "user": "a", "passwordFile": "{{path}}" } }""");
                Assert.Equal(named.Select(rest => $"mail.passwordFile{rest}"), Found());
                Write($$"""{ "engine": "orleans", "role": "silo", "name": "a", "cluster": { "databaseFile": "{{path}}" } }""");
                Assert.Equal(named.Select(rest => $"cluster.databaseFile{rest}"), Found().Skip(1));
            }
        }
        // What lies in a closed folder is closed.
        File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);
        Close(elsewhere.Data.Root);
        Write($$"""{ "mail": { "server": "smtp.example.org", "sender": "a@example.org", "user": "a", "passwordFile": "{{file}}" } }""");
        Assert.Empty(Found());

        Write("""{ "engine": "orleans", "role": "silo", "name": "a", "cluster": { "database": "Host=127.0.0.1;pwd=hunter2" } }""");
        Assert.StartsWith("cluster.database is a connection string with its password: ", Found()[1], StringComparison.Ordinal);
        Assert.DoesNotContain(Found(), line => line.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void Verb_WithWhatItDoesNotKnow_ShowsItsUsage()
    {
        var error = new StringWriter();
        Assert.Equal(2, DoctorCommand.Run(["--what"], TextWriter.Null, error, TimeProvider.System));
        Assert.Equal(DoctorCommand.Usage + "\n", error.ToString());
    }

    private void Write(string json) => File.WriteAllText(Path.Combine(_folder.Data.Root, "lucid.json"), json);

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
