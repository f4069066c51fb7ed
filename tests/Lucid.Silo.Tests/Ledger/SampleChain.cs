using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.Grains.Chain.Ports;

namespace Lucid.Silo.Tests.Ledger;

/// <summary>Final blocks of a network with one validator; the same in every run.</summary>
internal sealed class SampleChain
{
    private readonly MerkleFrontier _log = new();
    private int _sessions;

    public SampleChain(string name = "test-net")
    {
        Identity = Key($"{name} identity");
        Keys = new SampleKeys(Identity, Key($"{name} cosigning"), Key($"{name} log"));
        Genesis = new Genesis(name, 1_700_000_000_000, new LedgerParameters(),
            [new Validator("node-1", Identity.PublicKey, Key($"{name} cosigning").PublicKey)]);
    }

    public Ed25519PrivateKey Identity { get; }
    public Genesis Genesis { get; }
    public IValidatorKeys Keys { get; }
    public List<Block> Blocks { get; } = [];

    public static Ed25519PrivateKey Key(string name) => new(Hash256.Of(Encoding.UTF8.GetBytes(name)).ToArray());

    /// <summary>A chain of that many blocks, each with so many anchors.</summary>
    public static SampleChain Of(int blocks, int entries = 1, string name = "test-net")
    {
        var chain = new SampleChain(name);
        while (chain.Blocks.Count < blocks)
            chain.Add(entries);
        return chain;
    }

    public LedgerEntry Anchor() => LedgerEntry.Parse(new RecordWriter()
        .Line("lucid.anchor/1"u8).Line(new Guid(0x01890000, 0, 0x7000, 0x80, 0, 0, 0, 0, (byte)(_sessions >> 16), (byte)(_sessions >> 8), (byte)_sessions++))
        .Line(Identity.PublicKey.ToString()).Line(Hash256.Of("manifest"u8)).Line(Hash256.Of("root"u8)).Line(Hash256.Of("owner"u8))
        .Line(1_700_000_000_123).Line(42UL).ToArray());

    public Block Add(int entries)
    {
        var anchors = Enumerable.Range(0, entries).Select(_ => Anchor()).ToList();
        foreach (var anchor in anchors)
            _log.Append(MerkleHash.Leaf(anchor.Bytes.Span));
        ImmutableArray<ReadOnlyMemory<byte>> transactions = entries == 0 ? []
            : [AnchorBatch.Create(Genesis.Network, Identity.PublicKey, anchors, message => Identity.Sign(message.Span)).Bytes];
        var height = (ulong)Blocks.Count + 1;
        var header = new BlockHeader(
            Genesis.Network, height, Blocks.LastOrDefault()?.Header.Id() ?? Genesis.Network, Genesis.TimeMs + (long)height, Identity.PublicKey,
            _log.Size, _log.Root(), transactions.Length,
            new MerkleTree(transactions.Select(transaction => MerkleHash.Leaf(transaction.Span))).Root(),
            Hash256.Of("state"u8), Genesis.Validators.Hash, Genesis.Validators.Hash, Genesis.Parameters.Hash);
        var vote = new Vote(VoteKind.Precommit, Genesis.Network, height, 0, header.Id());
        var block = new Block(header, transactions, new CommitCertificate(
            Genesis.Network, height, 0, header.Id(), [SignedVote.Sign(vote, 0, Identity).Signature]));
        Blocks.Add(block);
        return block;
    }

    /// <summary>A checkpoint as a lone validator of that genesis publishes it.</summary>
    public static byte[] Checkpoint(Genesis genesis, IValidatorKeys keys, ulong size)
    {
        var origin = LedgerName.LogOrigin(genesis.Network);
        var text = new Checkpoint(origin, size, Hash256.Of("root"u8)).ToText();
        return SignedNote.Create(
            text, new NoteSigner(origin, keys.Log).Sign(text),
            Cosignature.Sign(text, genesis.Validators.CosignerName(0), keys.Cosigning, 1_700_000_000)).Encode();
    }

    public static IReadOnlyList<LedgerEntry> EntriesOf(Block block) =>
        [.. block.Transactions.SelectMany(transaction => AnchorBatch.Parse(transaction).Entries)];
}

internal sealed record SampleKeys(Ed25519PrivateKey Identity, Ed25519PrivateKey Cosigning, Ed25519PrivateKey Log) : IValidatorKeys;
