using System.Runtime.CompilerServices;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Files;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.Gateway.Anchoring;
using Lucid.Gateway.Chain;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Sessions;

/// <summary>
/// Puts a session's evidence file together from its grains, the ledger and, when whole, the recorder's ciphertext. The leaves pass page by
/// page and the chunks one at a time, so that what it holds in memory does not grow with the session, and is taken from what the recorder has for readers.
/// </summary>
internal sealed class EvidenceExport(IGrains grains, IRecorder recorder, GatewayOptions options)
{
    /// <summary>Settles what the file holds, and so its length, before a byte of it is sent.</summary>
    /// <param name="caller">Needs <see cref="SessionRight.View"/>.</param>
    /// <param name="full">With the ciphertext of every chunk.</param>
    /// <param name="skipDamaged">Reads all chunks first, and leaves out the ciphertext of those that are damaged.</param>
    /// <returns>The plan, and the chunks that it leaves out.</returns>
    /// <exception cref="ApiException">The session is not anchored yet.</exception>
    /// <exception cref="KeyErasedException">The ciphertext is wanted and was erased.</exception>
    /// <exception cref="ChunkDamagedException">A chunk is known to be damaged and was not to be skipped.</exception>
    public async Task<(EvidenceFileWriter Plan, IReadOnlyCollection<ulong> Skipped)> PlanAsync(
        Caller caller, Guid id, bool full, bool renew, bool skipDamaged, CancellationToken cancellation)
    {
        var (proof, receipt) = await SessionProof.RequireAsync(caller, id, grains, options, renew);
        if (full && proof.View.Status == SessionStatus.Erased)
            throw new KeyErasedException($"The ciphertext of session {id} was erased; without full=true its proof is there.");
        var damaged = full ? await FindDamagedAsync(caller, id, skipDamaged, cancellation) : [];
        var chain = grains.Chain(options);
        var validators = await ValidatorsOfAsync(chain, receipt.Block);
        var parts = new EvidenceParts
        {
            Manifest = proof.Signed.Manifest,
            ManifestNote = Encoding.UTF8.GetBytes(proof.Signed.Signature),
            Receipt = Encoding.UTF8.GetBytes(receipt.Proof),
            Block = receipt.Block.Header,
            Certificate = receipt.Block.Certificate,
            Validators = validators,
            After = await AfterAsync(chain, proof.Manifest.AfterBlock.Height, validators),
        };
        var plan = await EvidenceFileWriter.PlanAsync(
            parts, token => LeavesAsync(caller, id, token), index => full && !damaged.Contains(index), cancellation);
        return (plan, damaged);
    }

    /// <summary>Writes what was planned.</summary>
    /// <exception cref="RecorderBusyException">There is no memory for a chunk; nothing was written.</exception>
    /// <exception cref="ChunkDamagedException">A chunk turned out to be damaged; nothing of it was written.</exception>
    public async Task WriteAsync(EvidenceFileWriter plan, Caller caller, Guid id, Stream destination, CancellationToken cancellation)
    {
        using var held = plan.LongestChunk > 0 ? await recorder.HoldAsync(caller, plan.LongestChunk, cancellation) : null;
        // Chunks are asked for in the order of their indices, so their leaves pass once, beside them.
        await using var leaves = LeavesAsync(caller, id, cancellation).GetAsyncEnumerator(cancellation);
        await plan.WriteAsync(destination, async (index, cipher, token) =>
        {
            while (await leaves.MoveNextAsync())
            {
                if (leaves.Current is ChunkLeaf leaf && leaf.Index == index)
                {
                    await recorder.ReadCiphertextAsync(leaf, cipher, token);
                    return;
                }
            }
            throw new InvalidOperationException($"The leaf of chunk {index} of session {id} is gone.");
        }, cancellation);
    }

    private async Task<SortedSet<ulong>> FindDamagedAsync(Caller caller, Guid id, bool skip, CancellationToken cancellation)
    {
        var damaged = new SortedSet<ulong>();
        await foreach (var leaf in LeavesAsync(caller, id, cancellation))
        {
            if (leaf is not ChunkLeaf chunk || await recorder.FindDamageAsync(caller, chunk, thorough: skip, cancellation) is not { } damage)
                continue;
            if (!skip)
                throw damage;
            damaged.Add(chunk.Index);
        }
        return damaged;
    }

    private async IAsyncEnumerable<Leaf> LeavesAsync(Caller caller, Guid id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var leaf in LeafPages.ReadAsync(grains.Session(id), caller, cancellation))
            yield return Leaf.Parse(leaf);
    }

    private static async Task<AfterBlockParts?> AfterAsync(IChainGrain chain, ulong height, byte[] validators)
    {
        if (height == 0)
            return null;
        var block = await chain.HeaderAsync(height) ??
            throw new ApiException(ErrorTable.ChainUnavailable, $"This node does not have block {height}, which the manifest names.");
        var decided = await ValidatorsOfAsync(chain, block);
        return new AfterBlockParts(
            block.Header, block.Certificate, decided.AsSpan().SequenceEqual(validators) ? default : decided);
    }

    /// <summary>The set that made the block final. The hash is compared, so that a file never carries another set than its block names.</summary>
    internal static async Task<byte[]> ValidatorsOfAsync(IChainGrain chain, CertifiedHeader block)
    {
        var validators = await chain.ValidatorsAsync();
        var wanted = BlockHeader.Parse(block.Header).ValidatorsHash;
        return Hash256.Of(validators) == wanted
            ? validators
            : throw new ApiException(ErrorTable.ChainUnavailable, $"This node does not have the validator set {wanted} of block {block.Height}.");
    }
}
