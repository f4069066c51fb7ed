using System.Text.RegularExpressions;
using Lucid.Evidence;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Lists;

namespace Lucid.Gateway.Tests.Chain;

public sealed class ChainApiTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Fact]
    public async Task Info_Status_Genesis_Validators_AnswerTheLedgers()
    {
        await using var host = await GatewayHost.StartAsync();
        host.Node.Ledger.MakeBlock();
        var info = await GatewayHost.JsonOf(await host.Client.GetAsync("/api/v1/chain/info"), 200);
        Assert.Equal(host.Node.Ledger.Network.ToString(), info.GetProperty("network").GetString());
        Assert.Equal(1, info.GetProperty("height").GetInt32());
        var status = await GatewayHost.JsonOf(await host.Client.GetAsync("/api/v1/chain/status"), 200);
        Assert.Equal("healthy", status.GetProperty("status").GetString());
        Assert.Equal(host.Node.Ledger.Network, Hash256.Of(await host.Client.GetByteArrayAsync("/api/v1/chain/genesis")));
        Assert.Equal(host.Node.Ledger.Genesis.Validators.Encode(), await host.Client.GetByteArrayAsync("/api/v1/chain/validators"));
    }

    [Fact]
    public async Task Blocks_ListLatestHeightId_AgreeWithEachOther()
    {
        await using var host = await GatewayHost.StartAsync();
        for (var i = 0; i < 5; i++)
            host.Node.Ledger.MakeBlock();
        var list = await GatewayHost.JsonOf(await host.Client.GetAsync("/api/v1/blocks?limit=2&page=2"), 200);
        Assert.Equal([3, 2], list.GetProperty("blocks").EnumerateArray().Select(block => block.GetProperty("height").GetInt32()));
        Assert.StartsWith("""{"page":2,"limit":2,"total":5,"pages":3,"next_cursor":""", list.GetProperty("pagination").GetRawText(), StringComparison.Ordinal);
        var some = await GatewayHost.JsonOf(await host.Client.GetAsync("/api/v1/blocks?height_from=2&height_to=3&sort=height_asc"), 200);
        Assert.Equal([2, 3], some.GetProperty("blocks").EnumerateArray().Select(block => block.GetProperty("height").GetInt32()));

        var latest = await GatewayHost.JsonOf(await host.Client.GetAsync("/api/v1/blocks/latest"), 200);
        Assert.Equal(5, latest.GetProperty("height").GetInt32());
        var byHeight = await GatewayHost.JsonOf(await host.Client.GetAsync("/api/v1/blocks/height/5"), 200);
        var byId = await GatewayHost.JsonOf(await host.Client.GetAsync($"/api/v1/blocks/{latest.GetProperty("block_id").GetString()}"), 200);
        Assert.Equal(latest.GetRawText(), byHeight.GetRawText());
        Assert.Equal(latest.GetRawText(), byId.GetRawText());
    }

    [Theory]
    [InlineData("sort=height_desc", "7 6 5 4 3 2 1")]
    [InlineData("sort=height_asc", "1 2 3 4 5 6 7")]
    [InlineData("sort=height_desc&height_from=2&height_to=6", "6 5 4 3 2")]
    [InlineData("sort=height_asc&height_from=2&height_to=6", "2 3 4 5 6")]
    [InlineData("height_from=3&height_to=4", "4 3")]
    [InlineData("height_from=9", "")]
    public async Task Blocks_FromCursorToCursor_ComeOnceEach_WhileNewOnesAreMade(string query, string expected)
    {
        await using var host = await GatewayHost.StartAsync();
        for (var i = 0; i < 7; i++)
            host.Node.Ledger.MakeBlock();
        List<string> heights = [];
        string? cursor = null;
        do
        {
            var list = await GatewayHost.JsonOf(await host.Client.GetAsync($"/api/v1/blocks?limit=2&{query}{(cursor is null ? "" : $"&cursor={cursor}")}"), 200);
            heights.AddRange(list.GetProperty("blocks").EnumerateArray().Select(block => block.GetProperty("height").GetRawText()));
            Assert.Equal(cursor is null, list.GetProperty("pagination").TryGetProperty("total", out _));
            cursor = list.GetProperty("pagination").TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
            if (query.Contains("desc", StringComparison.Ordinal))
                host.Node.Ledger.MakeBlock();
        }
        while (cursor is not null);
        Assert.Equal(expected, string.Join(' ', heights));
    }

    [Theory]
    [InlineData("cursor={7}&page=1", 1001, "page and cursor exclude each other")]
    [InlineData("cursor={7}&sort=height_asc", 1001, "sort=height_desc")]
    [InlineData("cursor={created}", 1001, "sort=created_at")]
    [InlineData("cursor={0}", 1003, "next_cursor")]
    [InlineData("cursor={07}", 1003, "next_cursor")]
    [InlineData("cursor={-1}", 1003, "next_cursor")]
    [InlineData("cursor={18446744073709551615}", 1003, "next_cursor")]
    [InlineData("cursor={x}", 1003, "next_cursor")]
    public async Task Blocks_WithABadCursor_AreRefused_WithTheCure(string query, int number, string cure)
    {
        query = Regex.Replace(query, "{(.*?)}", found => ListCursor.Write(found.Groups[1].Value == "created" ? new ListPosition("created_at", "1") : new ListPosition("height_desc", found.Groups[1].Value)));
        using var answer = await shared.Host.Client.GetAsync($"/api/v1/blocks?{query}");
        var error = await GatewayHost.ErrorOf(answer, ErrorTable.All.Single(kind => kind.Number == number));
        Assert.Contains(cure, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/blocks/latest", 4009)]
    [InlineData("/api/v1/blocks/height/0", 4001)]
    [InlineData("/api/v1/blocks/height/1", 4001)]
    [InlineData("/api/v1/blocks/height/x", 1003)]
    [InlineData("/api/v1/blocks/xyz", 1003)]
    [InlineData("/api/v1/blocks/0000000000000000000000000000000000000000000000000000000000000000", 4001)]
    [InlineData("/api/v1/blocks?limit=0", 1004)]
    [InlineData("/api/v1/blocks?sort=up", 1004)]
    [InlineData("/api/v1/blocks?page=x", 1003)]
    [InlineData("/checkpoint", 4009)]
    public async Task Ledger_BeforeTheFirstBlockOrBadRequest_Refuses(string path, int number)
    {
        var host = shared.Host;
        await GatewayHost.ErrorOf(await host.Client.GetAsync(path), ErrorTable.All.Single(kind => kind.Number == number));
    }
}
