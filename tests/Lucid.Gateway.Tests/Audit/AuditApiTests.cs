using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Verification;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Audit;

public sealed class AuditApiTests
{
    private const string Events = "/api/v1/audit/events";
    private const string Export = "/api/v1/audit/export";

    [Fact]
    public async Task List_WithFilters_GivesTheNewestFirst_AndACursor()
    {
        await using var host = await FilledAsync();
        Assert.Equal(["user/5", "user/4"], await ResourcesAsync(host, "?resource=user&limit=2"));
        using var first = await host.Client.GetAsync($"{Events}?resource=user&limit=4");
        var cursor = (await GatewayHost.JsonOf(first, 200)).GetProperty("pagination").GetProperty("next_cursor").GetString();
        Assert.Equal(["user/1", "user/0"], await ResourcesAsync(host, $"?resource=user&cursor={cursor}"));
        Assert.Equal(["user/3"], await ResourcesAsync(host, "?resource=user/3"));
        Assert.Equal(["user/5", "user/3", "user/1"], await ResourcesAsync(host, "?actor=TEve"));
        Assert.Equal(["user/4"], await ResourcesAsync(host, "?outcome=refused&kind=user_management&resource=user"));
        Assert.Equal(["user/2"], await ResourcesAsync(host, "?q=SUSPEND%20code-2"));
        Assert.Equal(["user/3", "user/2"], await ResourcesAsync(host, "?resource=user&from=2024-01-01T00:00:02Z&to=2024-01-01T00:00:03Z"));
        Assert.Empty(await ResourcesAsync(host, "?actor=nobody"));
    }

    [Theory]
    [InlineData("?kind=nothing")]
    [InlineData("?outcome=nothing")]
    [InlineData("?limit=0")]
    [InlineData("?from=2024-01-02T00:00:00Z&to=2024-01-01T00:00:00Z")]
    public async Task List_OutOfRange_IsRefused(string query)
    {
        await using var host = await GatewayHost.StartAsync();
        using var answer = await host.Client.GetAsync(Events + query);
        await GatewayHost.ErrorOf(answer, ErrorTable.OutOfRange);
    }

    [Fact]
    public async Task List_WithACursorThatIsNone_IsRefused()
    {
        await using var host = await GatewayHost.StartAsync();
        using var answer = await host.Client.GetAsync(Events + "?cursor=abc");
        await GatewayHost.ErrorOf(answer, ErrorTable.BadFormat);
    }

    [Fact]
    public async Task Get_ARecord_ComesWithAProofUnderTheLedgersRoot()
    {
        await using var host = await FilledAsync();
        var root = host.Node.Audit.Anchor();
        using var answer = await host.Client.GetAsync($"{Events}/3");
        var found = await GatewayHost.JsonOf(answer, 200);
        var proof = found.GetProperty("proof");
        Assert.Equal(root.Root.ToString(), proof.GetProperty("root").GetString());
        var record = Encoding.UTF8.GetBytes(found.GetProperty("record").GetString()!);
        Assert.True(InclusionProof.Verify(
            3, root.Size, AuditRecord.LeafHash(record), [.. proof.GetProperty("hashes").EnumerateArray().Select(hash => Hash256.Parse(hash.GetString()))], root.Root));
        using var none = await host.Client.GetAsync($"{Events}/1000");
        await GatewayHost.ErrorOf(none, ErrorTable.NotFound);
        using var checkpoint = await host.Client.GetAsync("/api/v1/audit/checkpoint");
        Assert.Equal((long)root.Size, (await GatewayHost.JsonOf(checkpoint, 200)).GetProperty("anchored_size").GetInt64());
    }

    [Fact]
    public async Task Export_AsJson_Verifies_AndAFilteredOneClaimsNoMore()
    {
        await using var host = await FilledAsync();
        host.Node.Audit.Anchor();
        var trusted = new TrustedValidators(host.Node.Ledger.Genesis.Validators);
        var whole = AuditVerifier.Verify(await host.Client.GetByteArrayAsync(Export), trusted);
        Assert.Equal("VERIFIED", whole.Summary);
        Assert.Equal((0L, true), (whole.Audit!.First, whole.Audit.IsContiguous));
        var some = AuditVerifier.Verify(await host.Client.GetByteArrayAsync($"{Export}?actor=TEve"), trusted);
        Assert.Equal("VERIFIED", some.Summary);
        Assert.Equal((3L, false), (some.Audit!.Count, some.Audit.IsContiguous));
        var late = AuditVerifier.Verify(await host.Client.GetByteArrayAsync($"{Export}?first=2"), trusted);
        Assert.Equal((2L, true), (late.Audit!.First, late.Audit.IsContiguous));
        // Exports are data that left the house.
        Assert.Equal(3, host.Node.Audit.Events.Count(one => one is { Action: "audit_exported", Outcome: AuditOutcome.Begun }));
    }

    [Fact]
    public async Task Export_BeforeTheFirstRoot_SaysToWait()
    {
        await using var host = await FilledAsync();
        using var answer = await host.Client.GetAsync(Export);
        await GatewayHost.ErrorOf(answer, ErrorTable.NotAnchoredYet);
    }

    [Theory]
    [InlineData("?format=xml")]
    [InlineData("?first=-1")]
    public async Task Export_OutOfRange_IsRefused(string query)
    {
        await using var host = await GatewayHost.StartAsync();
        using var answer = await host.Client.GetAsync(Export + query);
        await GatewayHost.ErrorOf(answer, ErrorTable.OutOfRange);
    }

    [Fact]
    public async Task Export_OfMoreThanAFileTakes_IsRefused_AndNarrowedIsNot()
    {
        await using var host = await GatewayHost.StartAsync();
        for (var from = 0; from <= AuditExporter.MaxListed; from += AuditBatch.MaxEvents)
            await host.Node.Audit.AppendAsync(new AuditBatch([.. Enumerable.Range(from, AuditBatch.MaxEvents).Select(Event)]));
        using var refused = await host.Client.GetAsync($"{Export}?format=csv&resource=user");
        await GatewayHost.ErrorOf(refused, ErrorTable.OutOfRange);
        using var narrowed = await host.Client.GetAsync($"{Export}?format=csv&resource=user&first={AuditBatch.MaxEvents}");
        Assert.Equal(200, (int)narrowed.StatusCode);
    }

    [Fact]
    public async Task Export_AsCsv_IsNoFormulaOfAStrangers()
    {
        await using var host = await GatewayHost.StartAsync();
        await host.Node.Audit.AppendAsync(new AuditBatch([Event(0) with { UserAgent = "=cmd|'/c calc'!A0, \"x\"" }]));
        var lines = (await host.Client.GetStringAsync($"{Export}?format=csv&resource=user")).Split("\r\n");
        Assert.StartsWith("index,time,kind,action", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"'=cmd|'/c calc'!A0, \"\"x\"\"\"", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_AsPdf_IsOne_WithEveryRecord()
    {
        await using var host = await GatewayHost.StartAsync();
        for (var batch = 0; batch < 3; batch++)
            await host.Node.Audit.AppendAsync(new AuditBatch([.. Enumerable.Range(0, 60).Select(Event)]));
        var text = Encoding.Latin1.GetString(await host.Client.GetByteArrayAsync($"{Export}?format=pdf&resource=user"));
        Assert.StartsWith("%PDF-1.4\n", text, StringComparison.Ordinal);
        Assert.EndsWith("%%EOF\n", text, StringComparison.Ordinal);
        Assert.Equal(180, text.Split("user_suspend").Length - 1);
        // Each object lies where the table says.
        var table = text[text.IndexOf("xref\n", StringComparison.Ordinal)..].Split('\n');
        for (var number = 1; table[number + 2] is { Length: 19 } row; number++)
            Assert.StartsWith($"{number} 0 obj", text[int.Parse(row[..10], System.Globalization.CultureInfo.InvariantCulture)..], StringComparison.Ordinal);
    }

    private static async Task<GatewayHost> FilledAsync()
    {
        var host = await GatewayHost.StartAsync();
        await host.Node.Audit.AppendAsync(new AuditBatch([.. Enumerable.Range(0, 6).Select(Event)]));
        return host;
    }

    private static AuditEvent Event(int number) => new()
    {
        TimeMs = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() + (number * 1000),
        Kind = AuditKind.UserManagement,
        Action = "user_suspend",
        Actor = number % 2 == 1 ? "TEve" : "TAda",
        Role = EnumWords.Of(Role.Admin),
        Resource = $"user/{number}",
        Outcome = number == 4 ? AuditOutcome.Refused : AuditOutcome.Success,
        Details = ImmutableDictionary<string, string>.Empty.Add("code", $"code-{number}"),
    };

    private static async Task<IEnumerable<string?>> ResourcesAsync(GatewayHost host, string query)
    {
        using var answer = await host.Client.GetAsync(Events + query);
        return (await GatewayHost.JsonOf(answer, 200)).GetProperty("events").EnumerateArray().Select(one => one.GetProperty("resource").GetString());
    }
}
