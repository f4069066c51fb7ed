using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain;
using Lucid.Grains.Chain.Consensus;
using Lucid.Grains.Chain.Ports;

namespace Lucid.Grains.Tests.Chain;

/// <summary>One node's disk in memory. It outlives the node; what a test has it refuse, it refuses as a disk would.</summary>
internal sealed class MemoryLedger
{
    /// <param name="identity">The node's key; the first validator's where none is given.</param>
    public MemoryLedger(TestNetwork network, Ed25519PrivateKey? identity = null)
    {
        (Network, Keys) = (network, new MemoryKeys(identity ?? network.Keys[0], network.CosigningKeys[0], TestNetwork.Key("log")));
        (Blocks, Candidates, Votes) = (new MemoryBlocks(this), new MemoryCandidates(this), new MemoryVotes(this));
        (Log, Checkpoints, Index) = (new MemoryLog(this), new MemoryCheckpoints(this), new MemoryIndex(this));
    }

    public TestNetwork Network { get; }
    public MemoryKeys Keys { get; }
    public MemoryBlocks Blocks { get; }
    public MemoryCandidates Candidates { get; }
    public MemoryVotes Votes { get; }
    public MemoryLog Log { get; private set; }
    public MemoryCheckpoints Checkpoints { get; private set; }
    public MemoryIndex Index { get; private set; }

    /// <summary>What was written, in order.</summary>
    public List<string> Writes { get; } = [];

    /// <summary>Whether each write is refused, by its name.</summary>
    public Func<string, bool> Refuses { get; set; } = _ => false;

    /// <summary>The write with which the node dies, counted from now; null for never. After it every write fails until <see cref="Node"/>.</summary>
    public int? DiesAfter { get; set; }

    /// <summary>Whether the write it dies with still reaches the disk.</summary>
    public bool LastWriteArrives { get; set; }

    public bool IsDead { get; private set; }

    /// <summary>A node that starts from this disk: its memory is new.</summary>
    public LedgerNode Node(EntryPool? pool = null)
    {
        (IsDead, DiesAfter) = (false, null);
        return new LedgerNode(Network.Genesis, Keys, Blocks, Candidates, Votes, Log, Checkpoints, Index, pool ?? new EntryPool(), new InlineCpu());
    }

    public void LoseIndex() => Index = new MemoryIndex(this);
    public void LoseLog() => Log = new MemoryLog(this);
    public void LoseCheckpoints() => Checkpoints = new MemoryCheckpoints(this);

    internal async Task WriteAsync(string what, Action write)
    {
        // A disk takes its time, so that other grains run in between.
        await Task.Yield();
        if (IsDead || Refuses(what))
            throw new IOException($"The disk refuses the {what}.");
        IsDead = --DiesAfter == 0;
        if (IsDead && !LastWriteArrives)
            throw new IOException($"The node died before the {what}.");
        write();
        Writes.Add(what);
        if (IsDead)
            throw new IOException($"The node died after the {what}.");
    }
}

internal sealed record MemoryKeys(Ed25519PrivateKey Identity, Ed25519PrivateKey Cosigning, Ed25519PrivateKey Log) : IValidatorKeys;

internal sealed class InlineCpu : ICpuPool
{
    public Task<T> RunAsync<T>(Func<T> work) => Task.FromResult(work());
}

internal sealed class MemoryBlocks(MemoryLedger disk) : IBlockStore
{
    private readonly List<byte[]> _blocks = [];

    /// <summary>How often a whole block was read.</summary>
    public int Reads { get; private set; }

    public ulong Height => (ulong)_blocks.Count;

    /// <summary>As after a power cut in the middle of its write.</summary>
    public void CutLast() => _blocks.RemoveAt(_blocks.Count - 1);

    public Block At(ulong height) => Block.Parse(_blocks[(int)height - 1]);

    public ValueTask<Block?> ReadAsync(ulong height, CancellationToken cancellation)
    {
        Reads++;
        return ValueTask.FromResult(height == 0 || height > Height ? null : At(height));
    }

    public Task AppendAsync(Block block, CancellationToken cancellation)
    {
        if (block.Header.Height != Height + 1 || block.Certificate is null)
            throw new InvalidOperationException($"Block {block.Header.Height} is not the final block after {Height}.");
        return disk.WriteAsync("block", () => _blocks.Add(block.Encode()));
    }
}

internal sealed class MemoryCandidates(MemoryLedger disk) : ICandidateStore
{
    private readonly Dictionary<(ulong Height, Hash256 Id), byte[]> _kept = [];

    public Task KeepAsync(ulong height, Hash256 id, ReadOnlyMemory<byte> block, CancellationToken cancellation) =>
        disk.WriteAsync("candidate", () => _kept[(height, id)] = block.ToArray());

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadAsync(ulong height, CancellationToken cancellation) => ValueTask.FromResult(
        (IReadOnlyList<ReadOnlyMemory<byte>>)[.. _kept.Where(kept => kept.Key.Height == height).Select(kept => (ReadOnlyMemory<byte>)kept.Value)]);

    public void Forget(ulong height)
    {
        foreach (var key in _kept.Keys.Where(key => key.Height <= height).ToList())
            _kept.Remove(key);
    }
}

internal sealed class MemoryVotes(MemoryLedger disk) : IVoteStore
{
    private byte[] _last = VoteMemory.Empty.Encode();

    /// <summary>Votes that would have contradicted an earlier one. The file refuses them; a correct node never tries.</summary>
    public List<string> Conflicts { get; } = [];

    public VoteMemory Last
    {
        get => VoteMemory.Parse(_last);
        set => _last = value.Encode();
    }

    public Task SaveAsync(VoteMemory next, CancellationToken cancellation)
    {
        if (Last.FindConflict(next) is { } conflict)
        {
            Conflicts.Add(conflict);
            throw new InvalidOperationException(conflict);
        }
        return disk.WriteAsync("vote", () => Last = next);
    }
}

internal sealed class MemoryLog(MemoryLedger disk) : ILogStore
{
    private readonly List<byte[]> _entries = [];
    private MerkleTree _tree = new();

    public ulong Size => _tree.Size;
    public bool IsDoubted { get; private set; }

    public LedgerDamagedException Doubt(string damage)
    {
        IsDoubted = true;
        return new LedgerDamagedException("log", null, damage, "Wait");
    }

    public Task AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken cancellation) => disk.WriteAsync("log", () =>
    {
        foreach (var entry in entries)
        {
            _entries.Add(entry.ToArray());
            _tree.Append(MerkleHash.Leaf(entry.Span));
        }
    });

    public Hash256 Node(int level, ulong index) => _tree.Nodes(level, index);

    public ValueTask<byte[]> EntryAsync(ulong index, CancellationToken cancellation) => ValueTask.FromResult(_entries[(int)index]);

    public Task TruncateAsync(ulong size, CancellationToken cancellation) => disk.WriteAsync("truncation", () =>
    {
        Cut(size);
        IsDoubted &= size > 0;
    });

    public Hash256 Root() => _tree.Root();

    public void Cut(ulong size)
    {
        _entries.RemoveRange((int)size, _entries.Count - (int)size);
        _tree = new MerkleTree(_entries.Select(entry => MerkleHash.Leaf(entry)));
    }

    public void Damage(int index)
    {
        _entries[index] = "another entry"u8.ToArray();
        Cut(Size);
    }
}

internal sealed class MemoryCheckpoints(MemoryLedger disk) : ICheckpointStore
{
    private readonly Dictionary<ulong, byte[]> _notes = [];

    public PublishedCheckpoint? Published { get; private set; }

    public ValueTask<byte[]?> ReadAsync(ulong size, CancellationToken cancellation) => ValueTask.FromResult(_notes.GetValueOrDefault(size));

    public Task PublishAsync(ulong size, ReadOnlyMemory<byte> note, CancellationToken cancellation)
    {
        if (Checkpoint.Parse(SignedNote.Parse(note.Span).TextBytes).Size != size || size <= Published?.Size)
            throw new InvalidOperationException($"A checkpoint of size {size} does not follow {Published?.Size}.");
        return disk.WriteAsync("checkpoint", () =>
        {
            Published = new PublishedCheckpoint(size, note.ToArray());
            _notes.Add(size, Published.Note);
        });
    }
}

internal sealed class MemoryIndex(MemoryLedger disk) : ILedgerIndex
{
    private readonly List<IndexedBlock> _blocks = [];
    private readonly Dictionary<EntryKey, EntryPlace> _places = [];

    public ulong Height => (ulong)_blocks.Count;
    public LedgerCounts Counts { get; private set; } = new(0, 0, 0);

    public Task ApplyAsync(
        BlockHeader header, long sizeBytes, IReadOnlyList<LedgerEntry> entries, ulong firstIndex, CancellationToken cancellation)
    {
        if (header.Height != Height + 1 || firstIndex != (_blocks.LastOrDefault()?.LogSize ?? 0))
            throw new InvalidOperationException($"Block {header.Height} with entries from {firstIndex} does not follow {Height}.");
        return disk.WriteAsync("index", () =>
        {
            for (var i = 0; i < entries.Count; i++)
                _places.Add(EntryPool.KeyOf(entries[i]), new EntryPlace(firstIndex + (ulong)i, header.Height));
            _blocks.Add(new IndexedBlock(
                header.Height, header.Id(), header.TimeMs, header.TransactionCount, sizeBytes, header.LogSize, header.Proposer));
            var anchors = (ulong)entries.Count(entry => entry.Kind == LedgerEntryKind.Anchor);
            Counts = new LedgerCounts(
                Counts.Anchors + anchors, Counts.Erasures + (ulong)entries.Count(entry => entry.Kind == LedgerEntryKind.Erasure), Counts.Transactions + (ulong)header.TransactionCount);
        });
    }

    public bool IsDoubted { get; private set; }

    public LedgerDamagedException Doubt(string damage)
    {
        IsDoubted = true;
        return new("index", null, damage, "Wait");
    }

    public Task ResetAsync(CancellationToken cancellation) => disk.WriteAsync("index reset", () =>
    {
        _blocks.Clear();
        _places.Clear();
        (IsDoubted, Counts) = (false, new LedgerCounts(0, 0, 0));
    });

    public EntryPlace? Find(EntryKey key) => _places.GetValueOrDefault(key);
    public ulong? HeightOf(Hash256 blockId) => _blocks.Find(block => block.Id == blockId)?.Height;
    public ulong? FirstCovering(ulong logSize) => _blocks.Find(block => block.LogSize >= logSize)?.Height;
    public IReadOnlyList<IndexedBlock> Blocks(ulong from, ulong to) => [.. _blocks.Where(block => block.Height >= from && block.Height <= to)];
}
