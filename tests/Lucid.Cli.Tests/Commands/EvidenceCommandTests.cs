using System.Text;
using System.Text.Json;
using Lucid.Cli.Tests.Node;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Cli.Tests.Commands;

/// <summary>verify, play, prove and trust, on evidence made as a node would make it. No node runs.</summary>
public sealed class EvidenceCommandTests
{
    private static readonly byte[][] s_chunks = [Encoding.UTF8.GetBytes(new string('a', 100_000)), "second"u8.ToArray(), "third"u8.ToArray()];

    [Fact]
    public async Task Verify_WithTheValidators_IsVerified()
    {
        using var cli = new CliRun();
        var (file, validators, _) = await EvidenceAsync(cli);

        var code = await cli.RunAsync("verify", file, "--validators", validators);

        Assert.True(code == 0, cli.Out.ToString());
        Assert.Contains("VERIFIED", cli.Out.ToString(), StringComparison.Ordinal);
        foreach (var check in CheckNames.All)
            Assert.Contains(check, cli.Out.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\e", cli.Out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_FromAPipe_IsVerified()
    {
        using var cli = new CliRun();
        var (file, validators, _) = await EvidenceAsync(cli);
        cli.Input = new MemoryStream(await File.ReadAllBytesAsync(file));

        Assert.Equal(0, await cli.RunAsync("verify", "-", "--validators", validators));
    }

    [Fact]
    public async Task Verify_UnknownValidators_IsNotTrusted_UnlessAccepted()
    {
        using var cli = new CliRun();
        var (file, _, _) = await EvidenceAsync(cli);

        Assert.Equal(1, await cli.RunAsync("verify", file));
        Assert.Contains("CONSISTENT, NOT TRUSTED: validators unknown, fingerprint", cli.Out.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await cli.RunAsync("verify", file, "--accept-unknown"));
    }

    [Fact]
    public async Task Verify_AfterTrustAdd_IsVerified()
    {
        using var cli = new CliRun();
        var (file, validators, _) = await EvidenceAsync(cli);

        Assert.Equal(0, await cli.RunAsync("trust", "add", validators));
        Assert.Equal(0, await cli.RunAsync("verify", file));
        Assert.Equal(0, await cli.RunAsync("trust", "list"));
        Assert.Contains("fingerprint", cli.Out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_Altered_NamesTheChunk_AndFails()
    {
        using var cli = new CliRun();
        var (file, validators, _) = await EvidenceAsync(cli);
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[bytes.AsSpan().IndexOf("chunks/0000000001"u8) + 60] ^= 1;

        var code = await cli.RunAsync("verify", cli.File("altered.lucid", bytes), "--validators", validators, "--json");

        Assert.Equal(1, code);
        using var report = JsonDocument.Parse(cli.Out.ToString());
        Assert.Equal("failed", report.RootElement.GetProperty("verdict").GetString());
        Assert.Contains("chunk 1", report.RootElement.GetProperty("summary").GetString()!, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("passed", Check(report, CheckNames.Recorder));
        Assert.Equal("failed", Check(report, CheckNames.Chunks));
    }

    [Fact]
    public async Task Verify_Json_SaysWhatWasProved()
    {
        using var cli = new CliRun();
        var (file, validators, evidence) = await EvidenceAsync(cli);

        Assert.Equal(0, await cli.RunAsync("verify", file, "--validators", validators, "--json"));

        using var json = JsonDocument.Parse(cli.Out.ToString());
        var report = json.RootElement;
        Assert.Equal("verified", report.GetProperty("verdict").GetString());
        Assert.Equal(evidence.Manifest.Session, report.GetProperty("session").GetGuid());
        Assert.Equal("alpha", report.GetProperty("recorder").GetString());
        Assert.True(report.GetProperty("not_newer_than").GetProperty("height").GetInt64() > report.GetProperty("not_older_than").GetProperty("height").GetInt64());
        Assert.Equal("lost", report.GetProperty("gaps")[0].GetProperty("cause").GetString());
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("")]
    public async Task Verify_NoEvidence_IsBadInput(string content)
    {
        using var cli = new CliRun();

        Assert.Equal(2, await cli.RunAsync("verify", cli.File("x.lucid", Encoding.UTF8.GetBytes(content))));
        Assert.Equal(2, await cli.RunAsync("verify", cli.File("absent.lucid")));
        Assert.Contains("absent.lucid' cannot be read: there is no such file", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-o OUT", "play", "{file}", "--key", "{home}/key", "-o", "{home}/there")]
    [InlineData("-o OUT", "prove", "{file}", "--chunk", "0", "-o", "{home}/there")]
    [InlineData("--key FILE", "prove", "{file}", "--chunk", "0", "--key", "{home}/there")]
    [InlineData("-o OUT", "refresh", "{file}", "-o", "{home}/there")]
    [InlineData("-o OUT", "export", "0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f", "-o", "{home}/there")]
    [InlineData("--key FILE", "export", "0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f", "--key", "{home}/there")]
    [InlineData("FILE", "keys", "backup", "{home}/there")]
    public async Task Output_ThatExists_IsOnlyReplacedWithForce(string option, params string[] arguments)
    {
        using var cli = new CliRun();
        var file = cli.File("real.lucid", await TestEvidence.Make(new TestNetwork(1), [[1]]).FileAsync());
        var there = cli.File("there", [9]);
        string[] given = [.. arguments.Select(argument => argument
            .Replace("{file}", file, StringComparison.Ordinal).Replace("{home}", cli.Home, StringComparison.Ordinal))];

        Assert.Equal(2, await cli.RunAsync(given));

        Assert.Contains($"'{there}' exists already; name another file with {option}, or overwrite it with --force.", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal([9], await File.ReadAllBytesAsync(there));
        cli.Error.GetStringBuilder().Clear();
        await cli.RunAsync([.. given, "--force"]);
        Assert.DoesNotContain("exists already", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("would write over the evidence file", "play", "{file}", "-o", "{file}")]
    [InlineData("would write over the evidence file", "play", "{link}", "-o", "{file}")]
    [InlineData("would write over the key file", "play", "{home}/y", "--key", "{link}", "-o", "{home}/x/../real.lucid")]
    [InlineData("would write over the evidence file", "play", "{home}/y.part", "-o", "{home}/y")]
    [InlineData("would write over the evidence file", "prove", "{file}", "--chunk", "0", "-o", "{link}")]
    [InlineData("would write over the evidence file", "prove", "{file}", "--chunk", "0", "--key", "{file}")]
    [InlineData("would write over the file of -o", "prove", "{file}", "--chunk", "0", "-o", "{home}/zz", "--key", "{home}/zz")]
    public async Task Output_ThatIsAnInputOrAnotherOutput_IsRefused(string expected, params string[] arguments)
    {
        using var cli = new CliRun();
        var bytes = await TestEvidence.Make(new TestNetwork(1), [[1]]).FileAsync();
        var file = cli.File("real.lucid", bytes);
        Directory.CreateDirectory(cli.File("x"));
        File.CreateSymbolicLink(cli.File("link.lucid"), "real.lucid");

        var code = await cli.RunAsync([.. arguments.Select(argument => argument
            .Replace("{file}", file, StringComparison.Ordinal)
            .Replace("{link}", cli.File("link.lucid"), StringComparison.Ordinal)
            .Replace("{home}", cli.Home, StringComparison.Ordinal))]);

        Assert.Equal(2, code);
        Assert.Contains(expected, cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file));
        Assert.False(File.Exists(cli.File("zz")));
    }

    [Fact]
    public async Task Play_WithTheKey_IsByteForByteWhatWasRecorded()
    {
        using var cli = new CliRun();
        var (file, _, evidence) = await EvidenceAsync(cli);
        var key = SessionKeyFile(cli, evidence);

        Assert.Equal(0, await cli.RunAsync("play", file, "--key", key));
        Assert.Equal(0, await cli.RunAsync("play", file, "--key", key, "-o", cli.File("out")));

        var recorded = s_chunks.SelectMany(chunk => chunk).ToArray();
        Assert.Equal(recorded, cli.Output.ToArray());
        Assert.Equal(recorded, await File.ReadAllBytesAsync(cli.File("out")));
        Assert.Contains("1 gap", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Play_WithoutKeyOrNode_SaysWhereTheKeyIs()
    {
        using var cli = new CliRun();
        var (file, _, _) = await EvidenceAsync(cli);

        Assert.Equal(3, await cli.RunAsync("play", file));
        Assert.Contains("--key FILE", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Play_WithAnotherSessionsKey_IsRefused()
    {
        using var cli = new CliRun();
        var (file, _, evidence) = await EvidenceAsync(cli);
        var other = KeyFile.ForSession(evidence.Manifest.Session, new SessionKey(new byte[32]));

        Assert.Equal(1, await cli.RunAsync("play", file, "--key", cli.File("other.key", other.ToBytes())));
        Assert.Contains("is not the one that session", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Play_LeafCutOut_IsRefused()
    {
        using var cli = new CliRun();
        var (_, _, evidence) = await EvidenceAsync(cli);
        var altered = evidence.Parts with { Manifest = (evidence.Manifest with { SessionRoot = Lucid.Evidence.Hash256.Zero }).Encode() };

        var code = await cli.RunAsync("play", cli.File("cut.lucid", await evidence.FileAsync(altered)), "--key", SessionKeyFile(cli, evidence));

        Assert.Equal(1, code);
        Assert.Contains("was altered", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Play_BinaryToATerminal_IsRefused()
    {
        using var cli = new CliRun { OutIsTerminal = true };
        var evidence = TestEvidence.Make(new TestNetwork(1), [[0, 1, 2]]);

        var code = await cli.RunAsync("play", cli.File("x.lucid", await evidence.FileAsync()), "--key", SessionKeyFile(cli, evidence));

        Assert.Equal(2, code);
        Assert.Contains("-o FILE", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prove_DisclosesOneChunk_WhichVerifiesAndPlays_AndNoOther()
    {
        using var cli = new CliRun();
        var (file, validators, evidence) = await EvidenceAsync(cli);
        var (part, partKey) = (cli.File("part.lucid"), cli.File("part.key"));

        var code = await cli.RunAsync(
            "prove", file, "--chunk", "1", "-o", part, "--key", partKey, "--session-key", SessionKeyFile(cli, evidence));

        Assert.True(code == 0, cli.Error.ToString());
        Assert.Equal(0, await cli.RunAsync("verify", part, "--validators", validators));
        Assert.Equal(0, await cli.RunAsync("play", part, "--key", partKey));
        Assert.Equal("second", cli.OutputText);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(partKey));
        Assert.Equal([1UL], KeyFile.Parse(await File.ReadAllBytesAsync(partKey)).Chunks);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("77")]
    public async Task Prove_GapOrAbsentChunk_IsRefused_AndNothingIsWritten(string chunk)
    {
        using var cli = new CliRun();
        var (file, _, _) = await EvidenceAsync(cli);

        Assert.Equal(2, await cli.RunAsync("prove", file, "--chunk", chunk, "-o", cli.File("part.lucid")));
        Assert.Contains($"does not hold chunk {chunk}", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(cli.File("part.lucid")));
    }

    [Fact]
    public async Task Prove_OverItsInput_IsRefused()
    {
        using var cli = new CliRun();
        var (file, _, _) = await EvidenceAsync(cli);

        Assert.Equal(2, await cli.RunAsync("prove", file, "--chunk", "0", "-o", file));
        Assert.Contains("would write over the evidence file", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refresh_WithValidatorsThatTheNodeMayHaveInvented_LeavesTheTrustedProof()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = new CliRun();
        node.Announce(cli.Home);
        var network = new TestNetwork(1);
        var evidence = TestEvidence.Make(network, s_chunks);
        var original = await evidence.FileAsync();
        var file = cli.File("session.lucid", original);
        Assert.Equal(0, await cli.RunAsync("trust", "add", cli.File("net.validators", evidence.Parts.Validators.ToArray())));
        network.ChangeValidators(4);
        network.Commit();
        var (header, certificate, validators) = network.Latest!.Value;
        node.Evidence = await evidence.FileAsync(evidence.Parts with
        {
            Receipt = network.Receipt(evidence.LogIndex).Encode(),
            Block = header.Encode(),
            Certificate = certificate.Encode(),
            Validators = validators.Encode(),
            After = evidence.Parts.After! with { Validators = evidence.Parts.Validators },
        }, _ => false);

        Assert.Equal(1, await cli.RunAsync("refresh", file));
        Assert.Contains("Nothing was written", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Contains("CONSISTENT, NOT TRUSTED: validators unknown", cli.Out.ToString(), StringComparison.Ordinal);
        Assert.Equal(original, await File.ReadAllBytesAsync(file));
        Assert.Equal(1, await cli.RunAsync("refresh", file, "-o", cli.File("renewed.lucid")));
        Assert.False(File.Exists(cli.File("renewed.lucid")));

        Assert.Equal(0, await cli.RunAsync("trust", "add", "--replace", cli.File("later.validators", validators.Encode())));
        Assert.Equal(0, await cli.RunAsync("refresh", file));
        Assert.NotEqual(original, await File.ReadAllBytesAsync(file));
    }

    [Fact]
    public async Task TrustAdd_NoValidatorSet_IsBadInput()
    {
        using var cli = new CliRun();

        Assert.Equal(2, await cli.RunAsync("trust", "add", cli.File("x", "no set"u8.ToArray())));
        Assert.Contains("is no validator set", cli.Error.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Chunks 0, 1 and 3; index 2 is a gap.</summary>
    private static async Task<(string File, string Validators, TestEvidence Evidence)> EvidenceAsync(CliRun cli)
    {
        var evidence = TestEvidence.Make(new TestNetwork(1), s_chunks, new HashSet<ulong> { 2 });
        return (
            cli.File("session.lucid", await evidence.FileAsync()),
            cli.File("net.validators", evidence.Parts.Validators.ToArray()),
            evidence);
    }

    private static string SessionKeyFile(CliRun cli, TestEvidence evidence) =>
        cli.File("session.key", KeyFile.ForSession(evidence.Manifest.Session, evidence.Key).ToBytes());

    private static string? Check(JsonDocument report, string name) => report.RootElement.GetProperty("checks").EnumerateArray()
        .Single(check => check.GetProperty("name").GetString() == name).GetProperty("outcome").GetString();
}
