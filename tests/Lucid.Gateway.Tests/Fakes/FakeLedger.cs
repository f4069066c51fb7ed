using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Proofs;
using Lucid.GrainInterfaces.Chain;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>A ledger of one validator in memory, with real records and proofs: a block for every entry that is submitted.</summary>
internal sealed class FakeLedger : IChainGrain, ILogGrain, ILogReader
{
    private const string Name = "node-1";
    private readonly Ed25519PrivateKey _identity = Key(1);
    private readonly Ed25519PrivateKey _cosigning = Key(2);
    private readonly List<(BlockHeader Header, CommitCertificate Certificate)> _blocks = [];
    private readonly List<byte[]> _entries = [];
    private readonly MerkleTree _tree = new();

    public FakeLedger()
    {
        Genesis = new Genesis("test", 1_700_000_000_000, new LedgerParameters(), [new Validator(Name, _identity.PublicKey, _cosigning.PublicKey)]);
    }

    public Genesis Genesis { get; }
    public Hash256 Network => Genesis.Network;
    public Exception? Failure { get; set; }

    /// <summary>What the next genesis request waits for: tests of a slow or dead client let it go.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public static Ed25519PrivateKey Key(byte seed) => new(Enumerable.Repeat(seed, 32).ToArray());

    /// <summary>Appends an entry and makes the block that holds it.</summary>
    public void Append(byte[] entry)
    {
        _entries.Add(entry);
        _tree.Append(MerkleHash.Leaf(entry));
        MakeBlock();
    }

    public void MakeBlock()
    {
        var height = (ulong)_blocks.Count + 1;
        var header = new BlockHeader(
            Network, height, _blocks.Count == 0 ? Network : _blocks[^1].Header.Id(), Genesis.TimeMs + ((long)height * 10_000), _identity.PublicKey,
            _tree.Size, _tree.Root(), 0, MerkleHash.Empty, Hash256.Zero, Genesis.Validators.Hash, Genesis.Validators.Hash, Genesis.Parameters.Hash);
        var vote = SignedVote.Sign(new Vote(VoteKind.Precommit, Network, height, 0, header.Id()), 0, _identity);
        _blocks.Add((header, new CommitCertificate(Network, height, 0, header.Id(), [vote.Signature])));
    }

    public Task StartAsync() => Task.CompletedTask;

    public Task<ChainInfo> InfoAsync() => Answer(() => new ChainInfo(
        Genesis.Name, Network, Name, Name, 10_000, (ulong)_blocks.Count, Latest.Id, Time(Latest.TimeMs), _tree.Size, _tree.Root(), _tree.Size, 0, 0, 1,
        Genesis.Validators.Fingerprint, "log+00000000+AQ", ["cosigner+00000000+BA"]));

    public Task<ChainStatus> StatusAsync() => Answer(() => new ChainStatus("healthy", null, (ulong)_blocks.Count, 0, Time(Latest.TimeMs), null, 0, _tree.Size));
    public Task<BlockPoint> LatestAsync() => Answer(() => Latest);
    public Task<BlockView?> BlockAsync(ulong height) => Answer(() => height <= (ulong)_blocks.Count ? View(_blocks[(int)height - 1]) : null);
    public Task<BlockView?> BlockByIdAsync(Hash256 id) => Answer(() => _blocks.Where(block => block.Header.Id() == id).Select(View).FirstOrDefault());
    public Task<byte[]> ValidatorsAsync() => Answer(Genesis.Validators.Encode);

    public async Task<byte[]> GenesisAsync()
    {
        await Gate;
        return Genesis.Encode();
    }

    public Task<BlockPage> BlocksAsync(BlockQuery query) => Answer(() =>
    {
        var found = _blocks.Where(block => block.Header.Height >= (query.From ?? 1) && block.Header.Height <= (query.To ?? ulong.MaxValue)).ToList();
        if (!query.Ascending)
            found.Reverse();
        var page = found.Skip((query.Page - 1) * query.Limit).Take(query.Limit)
            .Select(block => new BlockSummary(block.Header.Height, block.Header.Id(), Time(block.Header.TimeMs), 0, 1000, 1, Name));
        return new BlockPage([.. page], (ulong)found.Count);
    });

    public Task<CertifiedHeader?> HeaderAsync(ulong height) => Answer(() => height <= (ulong)_blocks.Count ? Certified((int)height - 1) : null);

    public Task<EntryStatus> SubmitAsync(ReadOnlyMemory<byte> entry) => throw new NotSupportedException();
    public Task<EntryStatus> SubmitSignedAsync(ReadOnlyMemory<byte> transaction) => throw new NotSupportedException();
    public Task<EntryStatus> StatusAsync(EntryKey key) => throw new NotSupportedException();
    public Task<LogReceipt?> RenewAsync(EntryKey key) => ReceiptAsync(key);
    public Task<LogCheckpoint?> CheckpointAsync() => throw new NotSupportedException();

    public Task<LogReceipt?> ReceiptAsync(EntryKey key) => Answer(() =>
    {
        var index = _entries.FindIndex(entry => LedgerEntry.Parse(entry) is var one && one.Session == key.Session && one.Kind == key.Kind);
        if (index < 0)
            return null;
        var proof = new TlogProof((ulong)index, _tree.ProveInclusion((ulong)index), Checkpoint());
        var block = _blocks.FindIndex(one => one.Header.LogSize == _tree.Size);
        return new LogReceipt((ulong)index, Encoding.UTF8.GetString(proof.Encode()), Certified(block), _blocks[block].Header.TimeMs);
    });

    public ValueTask<byte[]?> CheckpointAsync(CancellationToken cancellation) => new(_blocks.Count == 0 ? null : Checkpoint().Encode());

    public ValueTask<byte[]?> TileAsync(int level, ulong index, int width, CancellationToken cancellation)
    {
        if (level != 0 || index != 0 || width != _entries.Count)
            return new((byte[]?)null);
        return new(_entries.SelectMany(entry => MerkleHash.Leaf(entry).ToArray()).ToArray());
    }

    public ValueTask<byte[]?> EntriesAsync(ulong index, int width, CancellationToken cancellation) =>
        new(index == 0 && width == _entries.Count ? _entries.SelectMany(entry => new[] { (byte)(entry.Length >> 8), (byte)entry.Length }.Concat(entry)).ToArray() : null);

    private BlockPoint Latest => _blocks.Count == 0
        ? new BlockPoint(0, Network, Genesis.TimeMs)
        : new BlockPoint((ulong)_blocks.Count, _blocks[^1].Header.Id(), _blocks[^1].Header.TimeMs);

    private SignedNote Checkpoint()
    {
        var origin = LedgerName.LogOrigin(Network);
        var text = new Checkpoint(origin, _tree.Size, _tree.Root()).ToText();
        return new NoteSigner(origin, Key(3)).SignNote(text).With(Cosignature.Sign(text, Genesis.Validators.CosignerName(0), _cosigning, Genesis.TimeMs / 1000));
    }

    private CertifiedHeader Certified(int place) => new((ulong)place + 1, _blocks[place].Header.Encode(), _blocks[place].Certificate.Encode());

    private static BlockView View((BlockHeader Header, CommitCertificate Certificate) block) => new(
        block.Header.Height, block.Header.Id(), block.Header.PreviousId, Time(block.Header.TimeMs), Name, block.Header.Proposer.ToString(), 0, 0,
        block.Header.TransactionsRoot, block.Header.StateRoot, block.Header.LogSize, block.Header.LogRoot, 1, 1000, block.Header.ValidatorsHash, []);

    private Task<T> Answer<T>(Func<T> answer) => Failure is { } failure ? Task.FromException<T>(failure) : Task.FromResult(answer());

    private static DateTimeOffset Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
