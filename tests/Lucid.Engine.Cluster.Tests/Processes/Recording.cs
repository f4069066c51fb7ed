using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lucid.Evidence.Files;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;
using Lucid.Evidence.Verification;

namespace Lucid.Engine.Cluster.Tests.Processes;

/// <summary>
/// One session as its only client knows it: it sends chunk after chunk, each until it has a receipt, keeps every receipt, and holds the
/// cluster to them.
/// </summary>
/// <param name="gateways">Asked in turn.</param>
/// <param name="seed">What is sent follows from it.</param>
internal sealed class Recording(IReadOnlyList<GatewayClient> gateways, int seed)
{
    private const int SmallestChunk = 16 * 1024;
    private const int LargestChunk = 64 * 1024;
    private const int HeartbeatEvery = 8;
    private static readonly TimeSpan _betweenChunks = TimeSpan.FromSeconds(1);

    // A block comes every second, and whoever has to be waited for is back in the cluster.
    private static readonly TimeSpan _anchors = TimeSpan.FromMinutes(3);

    // What chunks are cut from. Half of it compresses.
    private static readonly byte[] _bytes = MakeBytes(4 << 20);

    private readonly ConcurrentDictionary<ulong, SignedNote> _receipts = [];
    private DateTimeOffset _createdAt;
    private long _lease;
    private long _endMs;
    private int _turn;

    public Guid Id { get; private set; }

    /// <summary>Chunks that have a receipt: those below this index.</summary>
    public ulong Count { get; private set; }

    /// <summary>How long it took at most from a chunk's first try to its receipt.</summary>
    public TimeSpan SlowestReceipt { get; private set; }

    public async Task CreateAsync(CancellationToken cancellation)
    {
        var view = (await SendAsync(new GatewayRequest(HttpMethod.Post, "sessions")
        {
            Body = Encoding.UTF8.GetBytes($$"""{"name":"recorded through kills {{seed}}"}"""),
            MediaType = "application/json",
        }, cancellation)).Json;
        Id = view.GetProperty("session_id").GetGuid();
        _lease = view.GetProperty("lease").GetInt64();
        _createdAt = view.GetProperty("created_at").GetDateTimeOffset();
    }

    /// <summary>Records until it is told to stop, and then finishes the chunk that is on its way.</summary>
    public async Task RecordAsync(CancellationToken stop, CancellationToken cancellation)
    {
        while (!stop.IsCancellationRequested)
        {
            await UploadAsync(cancellation);
            if (Count % HeartbeatEvery == 0)
                await SendAsync(new GatewayRequest(HttpMethod.Post, $"sessions/{Id}/heartbeat") { Lease = _lease }, cancellation);
            await Task.Delay(_betweenChunks, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Sends the next chunk until it has a receipt.</summary>
    public async Task UploadAsync(CancellationToken cancellation)
    {
        var (index, content) = (Count, Content(Count));
        // One chunk begins where the one before ended, so that a client that gets everything through leaves no second out.
        var (start, end) = (_endMs, Math.Max(_endMs, (long)(TimeProvider.System.GetUtcNow() - _createdAt).TotalMilliseconds));
        var sent = Stopwatch.GetTimestamp();
        var answer = await SendAsync(new GatewayRequest(HttpMethod.Put, $"sessions/{Id}/chunks/{index}")
        {
            Lease = _lease,
            Times = $"{start},{end}",
            Digest = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(content.Span))}:",
            Body = content,
        }, cancellation);
        var note = SignedNote.Parse(answer.Body);
        var leaf = ChunkReceipt.Of(note).Leaf;
        answer.Require(leaf.Session == Id && leaf.Index == index && leaf.PlainLength == content.Length);
        _receipts[index] = note;
        _endMs = end;
        Count++;
        var took = Stopwatch.GetElapsedTime(sent);
        if (took > SlowestReceipt)
            SlowestReceipt = took;
    }

    /// <summary>Whether a chunk that was sent after some moment has its receipt. One more may have been on its way then.</summary>
    /// <param name="count">How many had one at that moment.</param>
    public bool HasGoneOnSince(ulong count) => Count > count + 1;

    /// <summary>The recorders that signed receipts, by index.</summary>
    public IReadOnlyDictionary<ulong, string> Recorders =>
        _receipts.ToDictionary(receipt => receipt.Key, receipt => receipt.Value.Signatures[0].Name.Split('/')[^1]);

    public async Task<JsonElement> StopAsync(CancellationToken cancellation) =>
        (await SendAsync(new GatewayRequest(HttpMethod.Post, $"sessions/{Id}/stop") { Lease = _lease }, cancellation)).Json;

    public async Task<JsonElement> ViewAsync(CancellationToken cancellation) =>
        (await SendAsync(new GatewayRequest(HttpMethod.Get, $"sessions/{Id}"), cancellation)).Json;

    public async Task AnchoredAsync(CancellationToken cancellation)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            var view = await ViewAsync(cancellation);
            if (view.GetProperty("status").GetString() == "anchored")
                return;
            Assert.True(waited.Elapsed < _anchors && view.GetProperty("status").GetString() != "failed", $"Waited {waited.Elapsed.TotalSeconds:0} s for the anchor of {view.GetRawText()}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellation);
        }
    }

    /// <summary>Once it is anchored: the evidence verifies offline and has the leaf of every receipt, and what is played back is what was sent.</summary>
    /// <param name="trust">Where the validators lie that are trusted.</param>
    public async Task CheckAsync(string trust, CancellationToken cancellation)
    {
        using var evidence = new MemoryStream((await SendAsync(new GatewayRequest(HttpMethod.Get, $"sessions/{Id}/evidence?full=true"), cancellation)).Body);
        var report = await EvidenceVerifier.VerifyAsync(evidence, new TrustStore(trust).Load(), new VerifyOptions { Receipts = [.. _receipts.Values] }, cancellation);
        Assert.True(report.Verdict == Verdict.Verified, $"Session {Id}: {report.Summary}");
        Assert.Equal((Id, Count), (report.Manifest!.Session, report.ChunksRead));
        await CheckReceiptsAsync(evidence, report.Manifest, cancellation);

        var played = (await SendAsync(new GatewayRequest(HttpMethod.Get, $"sessions/{Id}/playback"), cancellation)).Body.AsMemory();
        for (var index = 0ul; index < Count; index++)
        {
            var content = Content(index);
            Assert.True(
                played.Length >= content.Length && played.Span[..content.Length].SequenceEqual(content.Span), $"Chunk {index} of session {Id} is not played back as it was sent.");
            played = played[content.Length..];
        }
        Assert.True(played.IsEmpty, $"Of session {Id} {played.Length} bytes are played back that nobody sent.");
    }

    private async Task CheckReceiptsAsync(MemoryStream evidence, Manifest manifest, CancellationToken cancellation)
    {
        var file = await EvidenceFileIndex.OpenAsync(evidence, cancellation);
        var entry = file.Entries.Single(entry => entry.Part == EvidencePart.Leaves);
        var bytes = new byte[entry.Length];
        for (var read = 0; read < bytes.Length;)
            read += await file.ReadAtAsync(entry, read, bytes.AsMemory(read), cancellation);
        var reader = new LeafReader();
        reader.Append(bytes);
        var leaves = new List<byte[]>();
        while (reader.TryRead(out _, out var leaf))
            leaves.Add(leaf.ToArray());
        Assert.Equal(Count, (ulong)_receipts.Count);
        foreach (var (index, note) in _receipts)
        {
            // What was signed: the kind, the network, and the leaf as it is.
            var promised = note.Text.Split('\n', 3)[2];
            Assert.True(
                index < (ulong)leaves.Count && Encoding.UTF8.GetString(leaves[(int)index]) == promised, $"Chunk {index} of session {Id} has a receipt and the evidence has another leaf.");
        }
        // Whoever signed the manifest answers for its own receipts; those of the recorders before are no one's but theirs.
        foreach (var note in _receipts.Values.Where(note => note.Signatures[0].Name.EndsWith($"/{manifest.Recorder.Name}", StringComparison.Ordinal)))
            Assert.Null(ChunkReceipt.FindFault(note, manifest.Recorder.Name, manifest.Recorder.Key));
    }

    private Task<GatewayAnswer> SendAsync(GatewayRequest request, CancellationToken cancellation) =>
        gateways[Interlocked.Increment(ref _turn) % gateways.Count].SendAsync(request, cancellation);

    /// <summary>The bytes of a chunk: always the same for one index.</summary>
    private ReadOnlyMemory<byte> Content(ulong index)
    {
        var random = new Random(seed ^ (int)(index * 0x9E37_79B1));
        var size = random.Next(SmallestChunk, LargestChunk + 1);
        return _bytes.AsMemory(random.Next(_bytes.Length - size), size);
    }

    private static byte[] MakeBytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes.AsSpan(length / 2));
        for (var i = 0; i < length / 2; i++)
            bytes[i] = (byte)(i >> 8);
        return bytes;
    }
}
