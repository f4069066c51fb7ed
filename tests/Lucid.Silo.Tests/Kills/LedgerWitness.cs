using System.Net;
using Lucid.Evidence;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Tiles;

namespace Lucid.Silo.Tests.Kills;

/// <summary>Remembers every checkpoint and block that a node has shown, and holds it to them for ever.</summary>
internal sealed class LedgerWitness
{
    private readonly List<Hash256> _blocks = [];
    private Checkpoint? _checkpoint;

    public int Blocks => _blocks.Count;

    /// <summary>Looks at what the ledger shows now.</summary>
    public async Task LookAsync(NodeApi api)
    {
        await LookAtLogAsync(api);
        await LookAtBlocksAsync(api);
    }

    /// <summary>Every block from the first on, once more.</summary>
    public async Task LookAtAllAsync(NodeApi api)
    {
        await LookAsync(api);
        for (var height = 1; height <= _blocks.Count; height++)
            Assert.Equal(_blocks[height - 1], (await BlockAsync(api, height))!.Value.Id);
    }

    private async Task LookAtLogAsync(NodeApi api)
    {
        var answer = await api.GetAsync("/checkpoint");
        if (answer.Status == HttpStatusCode.ServiceUnavailable && _checkpoint is null)
            return;
        var shown = Checkpoint.Parse(SignedNote.Parse(answer.RequireOk().Body).TextBytes);
        if (_checkpoint is { } before)
        {
            Assert.True(shown.Size >= before.Size, $"A checkpoint of {before.Size} entries was shown, and now one of {shown.Size}.");
            if (before.Size > 0)
            {
                var proof = await new TileReader((path, _) => FetchAsync(api, path), shown).ProveConsistencyAsync(before.Size);
                Assert.True(
                    ConsistencyProof.Verify(before.Size, shown.Size, before.Root, shown.Root, proof), $"The log of {shown.Size} entries does not continue that of {before.Size}.");
            }
        }
        _checkpoint = shown;
    }

    private async Task LookAtBlocksAsync(NodeApi api)
    {
        if (_blocks.Count > 0)
            Assert.Equal(_blocks[^1], (await BlockAsync(api, _blocks.Count))?.Id);
        while (await BlockAsync(api, _blocks.Count + 1) is { } block)
        {
            if (_blocks.Count > 0)
                Assert.Equal(_blocks[^1], block.Previous);
            _blocks.Add(block.Id);
        }
    }

    private static async Task<(Hash256 Id, Hash256 Previous)?> BlockAsync(NodeApi api, int height)
    {
        var answer = await api.GetAsync($"blocks/height/{height}");
        if (answer.Status == HttpStatusCode.NotFound)
            return null;
        var block = answer.RequireOk().Json;
        return (Hash256.Parse(block.GetProperty("block_id").GetString()!), Hash256.Parse(block.GetProperty("previous_id").GetString()!));
    }

    private static async Task<ReadOnlyMemory<byte>?> FetchAsync(NodeApi api, TilePath path)
    {
        var answer = await api.GetAsync($"/{path}");
        return answer.Status == HttpStatusCode.NotFound ? null : answer.RequireOk().Body;
    }
}
