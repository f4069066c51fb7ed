using Lucid.Evidence.Verification;

namespace Lucid.Bench.Load;

/// <summary>One session with very many chunks: each costs what the first did, and manifest, proof and verification stay small.</summary>
internal static class LongSessionBenchmark
{
    private const int ChunkSize = 1024;
    private const int AtOnce = 8;
    private const int Edge = 1_000;

    public static async Task RunAsync(Effort effort, Report report)
    {
        var count = effort.Quick ? 5_000 : 100_000;
        using var folder = new TempFolder();
        await using var node = await NodeProcess.StartAsync(Path.Combine(folder.Path, "data"));
        var (session, lease) = await node.CreateSessionAsync(3600);
        var took = new double[count];
        var seconds = await Measure.TimeAsync(() => RecordAsync(node, session, lease, took));
        var usage = await node.UsageAsync();
        // The first thousand compile; so the second stands for the beginning.
        var (first, last) = (new Sample(took[Edge..(2 * Edge)]), new Sample(took[^Edge..]));
        report.Add($"one session, {count:#,0} chunks of 1 KiB", new Sample([count / seconds]), Unit.PerSecond, $"{AtOnce} at once; the node: {usage.InWords()}");
        report.Add("· one of the chunks 1,000 to 2,000", first, Unit.Milliseconds, $"p99 {first.At(0.99) * 1e3:0.0}");
        report.Add("· one of the last 1,000", last, Unit.Milliseconds, $"p99 {last.At(0.99) * 1e3:0.0}, {last.Median / first.Median:0.00} of that",
            new Target("<= 1.5 of the first", last.Median <= 1.5 * first.Median));
        report.Add("· stop", new Sample([await Measure.TimeAsync(() => node.StopSessionAsync(session, lease))]), Unit.Milliseconds);
        await node.UntilAsync("anchored", 1, TimeSpan.FromMinutes(2));
        await AddAsync(report, node, session, "manifest", "manifest");
        await AddAsync(report, node, session, "leaves", "leaves");
        await AddAsync(report, node, session, "receipt", "receipt");
        await AddAsync(report, node, session, "receipt of one chunk in the middle", $"chunks/{count / 2}/receipt");
        var proof = await AddAsync(report, node, session, "evidence without bytes", "evidence");
        var whole = await AddAsync(report, node, session, "evidence, whole", "evidence?full=true");
        await VerifyAsync(report, node, proof, "verify evidence without bytes");
        await VerifyAsync(report, node, whole, "verify evidence, whole");
        var after = await node.UsageAsync();
        report.Add("· the node's memory after that", new Sample([after.Resident]), Unit.Megabytes, after.InWords());
    }

    private static async Task RecordAsync(NodeProcess node, Guid session, long lease, double[] took)
    {
        var next = -1;
        // Chunks go out in order on as many connections, so that they never spread wider than the window.
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            using var connection = new SessionConnection(node.Address, node.Token, session, lease);
            for (int index; (index = Interlocked.Increment(ref next)) < took.Length;)
            {
                var chunk = ChunkMix.At(index, ChunkSize);
                var digest = SessionConnection.DigestOf(chunk.Span);
                while (true)
                {
                    try
                    {
                        took[index] = await Measure.TimeAsync(() => connection.PutAsync(index, chunk, digest));
                        break;
                    }
                    // Too far ahead of one that is still on its way: as the API says, send that one first.
                    catch (HttpRequestException ahead) when (ahead.StatusCode == System.Net.HttpStatusCode.Conflict)
                    {
                        await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
                    }
                }
            }
        }));
    }

    private static async Task<byte[]> AddAsync(Report report, NodeProcess node, Guid session, string what, string path)
    {
        byte[] bytes = [];
        var seconds = await Measure.TimeAsync(async () => bytes = await node.Http.GetByteArrayAsync($"api/v1/sessions/{session:D}/{path}"));
        report.Add($"· {what}", new Sample([seconds]), Unit.Milliseconds, $"{bytes.Length:#,0} bytes");
        return bytes;
    }

    private static async Task VerifyAsync(Report report, NodeProcess node, byte[] file, string what)
    {
        var trusted = new TrustStore(Path.Combine(node.Data, "trust")).Load();
        var before = GC.GetTotalAllocatedBytes();
        var held = GC.GetTotalMemory(forceFullCollection: true);
        VerificationReport? verified = null;
        var seconds = await Measure.TimeAsync(async () =>
            verified = await EvidenceVerifier.VerifyAsync(new MemoryStream(file), trusted, new VerifyOptions(), CancellationToken.None));
        if (verified!.Verdict != Verdict.Verified)
            throw new InvalidOperationException($"The evidence does not verify: {verified.Summary}");
        report.Add($"· {what}", new Sample([seconds]), Unit.Milliseconds,
            $"{(GC.GetTotalAllocatedBytes() - before) / 1e6:0} MB allocated, {(GC.GetTotalMemory(forceFullCollection: true) - held) / 1e6:0} MB still held with the report");
    }
}
