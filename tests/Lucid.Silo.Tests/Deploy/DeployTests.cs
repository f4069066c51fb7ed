using System.Diagnostics;
using System.Text.RegularExpressions;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Tests.Deploy;

/// <summary>What can be told of deploy/ without a container engine: that nothing runs unconfined, and that a node would accept its options.</summary>
public sealed partial class DeployTests
{
    private static readonly ComposeFile _compose = new(Read("compose.yaml"));

    /// <summary>It runs once and ends, so that nobody asks how it is.</summary>
    private const string OneShot = "migrate";

    public static TheoryData<string> Services => new(_compose.Services.Keys);

    public static TheoryData<string> LucidServices => new(_compose.Services.Keys.Where(name => name != "postgres"));

    [Fact]
    public void Compose_HasADatabase_ItsMigration_ThreeSilosAndTwoGateways() => Assert.Equal(
        ["gateway-1", "gateway-2", "migrate", "postgres", "silo-1", "silo-2", "silo-3"], _compose.Services.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Services))]
    public void Service_IsConfinedAndLimited_AndSaysHowItIs(string name)
    {
        var service = _compose.Services[name];
        Assert.Equal("true", ComposeFile.Value(service, "read_only"));
        Assert.Equal("[ALL]", ComposeFile.Value(service, "cap_drop"));
        Assert.Contains("no-new-privileges:true", ComposeFile.Value(service, "security_opt"), StringComparison.Ordinal);
        Assert.Contains("/tmp:", ComposeFile.Value(service, "tmpfs"), StringComparison.Ordinal);
        Assert.All(["mem_limit", "cpus", "pids_limit", "stop_grace_period"], key => Assert.NotNull(ComposeFile.Value(service, key)));
        Assert.Equal(name == OneShot ? "no" : "unless-stopped", ComposeFile.Value(service, "restart"));
        Assert.Equal(name != OneShot, ComposeFile.Value(service, "test") is not null);
    }

    [Theory]
    [MemberData(nameof(LucidServices))]
    public void Service_HasOptionsThatANodeAccepts(string name)
    {
        var options = new Dictionary<string, string>(ComposeFile.Options(_compose.Services[name]));
        Assert.NotEmpty(options);
        // It only looks for the database, and is nobody in the cluster.
        if (name == OneShot)
            options["LUCID__NAME"] = "nobody";
        var (accepted, mistakes) = NodeArguments.Read([], options);
        Assert.Empty(mistakes);
        Assert.Equal(EngineKind.Orleans, accepted!.Engine);
        // The secret itself stands in no file that is committed.
        Assert.Null(accepted.Cluster.Database);
        Assert.Equal("/run/secrets/database", accepted.Cluster.DatabaseFile);
    }

    [Theory]
    [MemberData(nameof(LucidServices))]
    public void Service_IsAskedWhereItAnswers(string name)
    {
        if (name == OneShot)
            return;
        var service = _compose.Services[name];
        var (options, _) = NodeArguments.Read([], ComposeFile.Options(service));
        var url = options!.Role == NodeRole.Gateway ? options.Urls : options.Cluster.RecorderUrl;
        Assert.Contains($"/app/Lucid.Silo.dll, health, \"{url}\"]", ComposeFile.Value(service, "test"), StringComparison.Ordinal);
    }

    /// <summary>All are on one machine's loopback: two of them on one port would be one that does not start.</summary>
    [Fact]
    public void Services_HaveNoPortTwice()
    {
        var ports = LucidServices.Select(name => ComposeFile.Options(_compose.Services[name.Data]))
            .SelectMany(options => options.Where(option => Port().IsMatch(option.Key)).Select(option => option.Value.Split(':')[^1])).ToList();
        Assert.Equal(11, ports.Count);
        Assert.Equal(ports.Count, ports.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void StopTimes_AreLongerThanANodeNeeds()
    {
        Assert.All(LucidServices, name => Assert.True(
            int.Parse(ComposeFile.Value(_compose.Services[name.Data], "stop_grace_period")!.TrimEnd('s')) > HostParts.StopsWithin.TotalSeconds, name.Data));
        Assert.True(int.Parse(Regex.Match(Read("lucid.service"), "^TimeoutStopSec=(.*)$", RegexOptions.Multiline).Groups[1].Value) > HostParts.StopsWithin.TotalSeconds);
    }

    [Theory]
    [InlineData("Dockerfile", 6)]
    [InlineData("lucid.service", 2)]
    public void Variables_AreOptionsThatANodeAccepts(string file, int count)
    {
        // Of both images at once, so without what only one role of a cluster may have.
        var variables = Assignment().Matches(Read(file)).Select(match => (Name: match.Groups["name"].Value, Value: match.Groups["value"].Value)).Distinct().ToList();
        Assert.Equal(count, variables.Count);
        Assert.All(variables, variable => Assert.DoesNotContain(
            NodeArguments.Read([], new Dictionary<string, string>(StringComparer.Ordinal) { [variable.Name] = variable.Value }).Mistakes,
            mistake => mistake.StartsWith(variable.Name, StringComparison.Ordinal)));
    }

    [Fact]
    public void Images_HaveNoShellAndNoRoot_AndTheClusterEngine()
    {
        var stages = Read("Dockerfile").Split("\nFROM ");
        Assert.Contains("-p:LucidOrleans=true", stages[1], StringComparison.Ordinal);
        Assert.Contains("-chiseled AS runtime", stages[2], StringComparison.Ordinal);
        Assert.Contains("\nUSER $APP_UID\n", stages[2], StringComparison.Ordinal);
        // Both images follow from that stage; a chiseled one could run nothing anyway, and a check in shell form would never answer.
        Assert.Equal(["runtime AS silo", "runtime AS gateway"], stages[3..].Select(stage => stage.Split('\n')[0]));
        Assert.All(stages[2..], stage => Assert.DoesNotMatch(@"(?m)^(RUN|USER root)\b", stage));
        Assert.All(stages[3..], stage => Assert.Contains("""CMD ["dotnet", "/app/Lucid.Silo.dll", "health", """, stage, StringComparison.Ordinal));
    }

    [Fact]
    public void Unit_ConfinesTheNode()
    {
        var unit = Read("lucid.service").Split('\n');
        Assert.All(
            ["User=lucid", "StateDirectory=lucid", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "Restart=always", "IPAddressDeny=any"],
            line => Assert.Contains(line, unit));
        Assert.All(["MemoryMax=", "TasksMax=", "RestartSec="], setting => Assert.Contains(unit, line => line.StartsWith(setting, StringComparison.Ordinal)));
        // .NET compiles as it runs, and would not start.
        Assert.DoesNotContain(unit, line => line.StartsWith("MemoryDenyWriteExecute=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Unit_IsOneThatSystemdAccepts()
    {
        // It insists that the program is there, wherever this machine has it.
        var unit = Path.Combine(Directory.CreateTempSubdirectory("lucid-unit-").FullName, "lucid.service");
        await File.WriteAllTextAsync(unit, Read("lucid.service").Replace("/usr/bin/dotnet", Environment.ProcessPath, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        try
        {
            var verify = Start("verify", unit);
            Assert.SkipWhen(verify is null, "there is no systemd-analyze here");
            using (verify)
            {
                var said = await verify.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
                await verify.WaitForExitAsync(TestContext.Current.CancellationToken);
                Assert.Equal((0, ""), (verify.ExitCode, string.Join('\n', said.Split('\n').Where(line => line.Contains("lucid.service", StringComparison.Ordinal)))));
            }
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(unit)!, recursive: true);
        }
    }

    private static Process? Start(params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("systemd-analyze", arguments) { RedirectStandardError = true, UseShellExecute = false });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string Read(string file) => File.ReadAllText(Repository.File($"deploy/{file}"));

    [GeneratedRegex(@"(?<name>LUCID__\w+)=(?<value>\S+)")]
    private static partial Regex Assignment();

    [GeneratedRegex("(PORT|URLS?)$")]
    private static partial Regex Port();
}
