using System.IO.Compression;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Files;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Tests.Support;

/// <summary>
/// A recorded session, sealed, signed and anchored as a node would: chunks really compressed and encrypted, leaves, manifest, and the parts
/// of its evidence file.
/// </summary>
public sealed class TestEvidence
{
    private readonly Dictionary<ulong, byte[]> _ciphertexts = [];

    private TestEvidence(TestNetwork network) => Network = network;

    public TestNetwork Network { get; }

    /// <summary>The key that opens the chunks.</summary>
    public SessionKey Key { get; } = new(Hash256.Of("session key"u8).ToArray());

    public IReadOnlyList<Leaf> Leaves { get; private set; } = [];

    public Manifest Manifest { get; private set; } = SampleRecords.Manifest();

    public byte[] ManifestBytes { get; private set; } = [];

    /// <summary>The log index of the session's anchor.</summary>
    public ulong LogIndex { get; private set; }

    public EvidenceParts Parts { get; private set; } = null!;

    /// <summary>A sealed chunk.</summary>
    public byte[] Ciphertext(ulong index) => _ciphertexts[index];

    /// <summary>Records, seals, signs and anchors a session of these chunks, each of 5 s on track 0.</summary>
    /// <param name="network">Gets three blocks more; the session is in the last, between other anchors.</param>
    /// <param name="chunks">The plaintext of each.</param>
    /// <param name="gaps">Indices that are gaps (lost) instead of chunks.</param>
    /// <param name="change">A last change to the manifest before it is signed and anchored.</param>
    public static TestEvidence Make(
        TestNetwork network, IEnumerable<byte[]> chunks, IReadOnlySet<ulong>? gaps = null, Func<Manifest, Manifest>? change = null) =>
        Make(network, (session, seal) => Leaf(session, seal, chunks, gaps ?? new HashSet<ulong>()), change);

    /// <summary>The same with leaves of the caller's making.</summary>
    /// <param name="makeLeaves">Given the session and what seals a chunk: index, start ms, end ms, plaintext.</param>
    public static TestEvidence Make(
        TestNetwork network, Func<Guid, Func<ulong, long, long, byte[], ChunkLeaf>, IEnumerable<Leaf>> makeLeaves, Func<Manifest, Manifest>? change = null)
    {
        network.Commit(new Erasure(Guid.Empty, network.Recorder.PublicKey, Hash256.Zero, 1));
        network.Commit();
        var evidence = new TestEvidence(network);
        evidence.Leaves = [.. makeLeaves(SampleRecords.Session, evidence.SealChunk)];
        evidence.Close(change);
        return evidence;
    }

    private void Close(Func<Manifest, Manifest>? change)
    {
        var after = Network.Latest!.Value;
        var manifest = (Manifest with
        {
            Network = Network.Id,
            Recorder = new ManifestRecorder("alpha", Network.Recorder.PublicKey, "lucid 0.1.0"),
            KeyCommitment = Key.Commitment(SampleRecords.Session),
            AfterBlock = new BlockReference(after.Header.Height, after.Header.Id(), DateTimeOffset.FromUnixTimeMilliseconds(after.Header.TimeMs)),
        }).WithLeaves(Leaves.Aggregate(LeafTotals.None, (totals, leaf) => totals.Add(leaf)), new MerkleTree(Leaves.Select(leaf => leaf.Hash())).Root());
        Manifest = change?.Invoke(manifest) ?? manifest;
        ManifestBytes = Manifest.Encode();

        var anchor = Anchor.Of(Manifest, ManifestBytes);
        var other = anchor with { Session = Guid.Empty };
        LogIndex = Network.Commit(other, anchor, other with { LeafCount = 1 }) + 1;
        Parts = Under(after, ManifestSignature.Sign(ManifestBytes, Network.Recorder).Encode());
    }

    /// <summary>Where the writer takes the leaves from.</summary>
    public async IAsyncEnumerable<Leaf> LeafSource([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var leaf in Leaves)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return leaf;
        }
        await Task.CompletedTask;
    }

    /// <summary>Where the writer takes the chunks from.</summary>
    public ValueTask ReadChunk(ulong index, Memory<byte> destination, CancellationToken cancellation)
    {
        Ciphertext(index).CopyTo(destination);
        return ValueTask.CompletedTask;
    }

    /// <summary>The evidence file with all chunks, or those that are wanted.</summary>
    public Task<byte[]> FileAsync(Func<ulong, bool>? include = null) => FileAsync(Parts, include);

    /// <summary>The same with other parts.</summary>
    public async Task<byte[]> FileAsync(EvidenceParts parts, Func<ulong, bool>? include = null)
    {
        var writer = await EvidenceFileWriter.PlanAsync(parts, LeafSource, include ?? (_ => true), CancellationToken.None);
        using var file = new MemoryStream();
        await writer.WriteAsync(file, ReadChunk, CancellationToken.None);
        return file.ToArray();
    }

    private EvidenceParts Under((BlockHeader Header, CommitCertificate Certificate, ValidatorSet Validators) after, byte[] note)
    {
        var latest = Network.Latest!.Value;
        return new EvidenceParts
        {
            Manifest = ManifestBytes,
            ManifestNote = note,
            Receipt = Network.Receipt(LogIndex).Encode(),
            Block = latest.Header.Encode(),
            Certificate = latest.Certificate.Encode(),
            Validators = latest.Validators.Encode(),
            After = new AfterBlockParts(
                after.Header.Encode(), after.Certificate.Encode(),
                after.Validators.Hash == latest.Validators.Hash ? [] : after.Validators.Encode()),
        };
    }

    private static IEnumerable<Leaf> Leaf(
        Guid session, Func<ulong, long, long, byte[], ChunkLeaf> seal, IEnumerable<byte[]> chunks, IReadOnlySet<ulong> gaps)
    {
        var index = 0UL;
        foreach (var plain in chunks)
        {
            for (; gaps.Contains(index); index++)
                yield return new GapLeaf(session, index, 0, (long)index * 5_000, ((long)index + 1) * 5_000, GapCause.Lost);
            yield return seal(index, (long)index * 5_000, ((long)index + 1) * 5_000, plain);
            index++;
        }
        for (; gaps.Contains(index); index++)
            yield return new GapLeaf(session, index, 0, (long)index * 5_000, ((long)index + 1) * 5_000, GapCause.Lost);
    }

    private ChunkLeaf SealChunk(ulong index, long startMs, long endMs, byte[] plain)
    {
        var session = SampleRecords.Session;
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(plain);
        var cipher = new byte[Cobblestone.CipherLength(packed.Length)];
        Cobblestone.Encrypt(Key.ChunkKey(session, index), SessionKey.ChunkContext(session, index, ChunkCodec.Gzip), packed.ToArray(), cipher);
        _ciphertexts[index] = cipher;
        return new ChunkLeaf(session, index, 0, startMs, endMs, ChunkCodec.Gzip, plain.Length, cipher.Length, SegmentTree.Root(cipher));
    }
}
