using System.Net.Http.Json;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Merkle;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.Anchoring;

public sealed class AnchoringApiTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Fact]
    public async Task Session_FromOpenToAnchored_TellsItsState()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/anchoring/session/{id}"), ErrorTable.NoAnchor);
        (await host.PostAsync($"/api/v1/sessions/{id}/stop")).Dispose();
        var pending = await GatewayHost.JsonOf(await host.Client.GetAsync($"/api/v1/anchoring/session/{id}"), 200);
        Assert.Equal(("pending", "the next block"), (pending.GetProperty("status").GetString(), pending.GetProperty("waiting").GetString()));
        host.Node.Session(id).Anchor();
        var confirmed = await GatewayHost.JsonOf(await host.Client.GetAsync($"/api/v1/anchoring/session/{id}"), 200);
        Assert.Equal(("confirmed", 1), (confirmed.GetProperty("status").GetString(), confirmed.GetProperty("block_height").GetInt32()));
    }

    [Fact]
    public async Task Verify_RightAndWrongRoot_AreToldApart()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.AnchoredSessionAsync();
        var root = host.Node.Session(id).View().MerkleRoot.ToString();
        var right = await GatewayHost.JsonOf(await host.Client.PostAsJsonAsync("/api/v1/anchoring/verify", new { session_id = id, merkle_root = root }), 200);
        Assert.True(right.GetProperty("verified").GetBoolean());
        Assert.Equal(1, right.GetProperty("block_height").GetInt32());
        var wrong = await GatewayHost.JsonOf(await host.Client.PostAsJsonAsync("/api/v1/anchoring/verify", new { session_id = id, merkle_root = new string('0', 64) }), 200);
        Assert.False(wrong.GetProperty("verified").GetBoolean());
        Assert.True(wrong.GetProperty("merkle_proof_valid").GetBoolean());
    }

    [Fact]
    public async Task Verify_ClosedButNotInTheLog_IsNotVerified()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        var question = new { session_id = id, merkle_root = MerkleHash.Empty.ToString() };
        await GatewayHost.ErrorOf(await host.Client.PostAsJsonAsync("/api/v1/anchoring/verify", question), ErrorTable.NoAnchor);
        (await host.PostAsync($"/api/v1/sessions/{id}/stop")).Dispose();
        var verdict = await GatewayHost.JsonOf(await host.Client.PostAsJsonAsync("/api/v1/anchoring/verify", question), 200);
        Assert.Equal("""{"verified":false,"merkle_root_matches":true,"merkle_proof_valid":false}""", verdict.GetRawText());
    }

    [Theory]
    [InlineData("anchoring", "{}", 1002)]
    [InlineData("anchoring", """{"session_id":"0190b7a4-0000-7000-8000-000000000000","merkle_root":"ABC"}""", 1009)]
    [InlineData("anchoring", """{"session_id":"0190b7a4-0000-7000-8000-000000000000","merkle_root":"0000000000000000000000000000000000000000000000000000000000000000"}""", 4001)]
    [InlineData("merkle", "{}", 1002)]
    [InlineData("merkle", """{"leaf_index":-1}""", 1009)]
    [InlineData("merkle", """{"root_hash":"0000000000000000000000000000000000000000000000000000000000000000","leaf_hash":"0000000000000000000000000000000000000000000000000000000000000000","proof_path":[],"leaf_index":1,"tree_size":1}""", 1004)]
    public async Task Verify_BadBody_IsRefused(string what, string body, int number)
    {
        var host = shared.Host;
        using var answer = await host.Client.PostAsync($"/api/v1/{what}/verify", new StringContent(body, Encoding.UTF8, "application/json"));
        await GatewayHost.ErrorOf(answer, ErrorTable.All.Single(kind => kind.Number == number));
    }

    [Fact]
    public async Task Merkle_ProofOfEveryLeaf_IsVerifiedAndEveryOtherIndexRefused()
    {
        var host = shared.Host;
        var hashes = Enumerable.Range(0, 7).Select(i => MerkleHash.Leaf([(byte)i])).ToArray();
        var tree = new MerkleTree(hashes);
        for (ulong i = 0; i < 7; i++)
        {
            Assert.True(await VerifyAsync(i, i));
            Assert.False(await VerifyAsync(i, (i + 1) % 7));
        }

        async Task<bool> VerifyAsync(ulong leaf, ulong index)
        {
            using var answer = await host.Client.PostAsJsonAsync("/api/v1/merkle/verify", new
            {
                root_hash = tree.Root().ToString(),
                leaf_hash = hashes[leaf].ToString(),
                proof_path = tree.ProveInclusion(leaf).Select(hash => hash.ToString()),
                leaf_index = index,
                tree_size = 7,
            });
            return (await GatewayHost.JsonOf(answer, 200)).GetProperty("verified").GetBoolean();
        }
    }

    [Fact]
    public async Task Merkle_ProofLongerThanAnyTree_IsOutOfRange()
    {
        var host = shared.Host;
        using var answer = await host.Client.PostAsJsonAsync("/api/v1/merkle/verify", new
        {
            root_hash = Hash256.Zero.ToString(),
            leaf_hash = Hash256.Zero.ToString(),
            proof_path = Enumerable.Repeat(Hash256.Zero.ToString(), 65),
            leaf_index = 0,
            tree_size = 1,
        });
        await GatewayHost.ErrorOf(answer, ErrorTable.OutOfRange);
    }
}
