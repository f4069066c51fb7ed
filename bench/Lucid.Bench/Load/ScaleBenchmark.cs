using Lucid.Evidence.Merkle;
using Lucid.Evidence.Tests.Compression;
using Lucid.Grains.Chain;
using Lucid.Silo.Ledger;
using Lucid.Silo.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Bench.Load;

/// <summary>
/// What grows and what does not, over three orders of magnitude: cost by bytes, by open sessions, by entries of the log, by length of the
/// chain and by sessions stored.
/// </summary>
internal static class ScaleBenchmark
{
    private const int ChunkSize = 1 << 20;
    private const int AtOnce = 4;

    public static async Task RunAsync(Effort effort, Report report)
    {
        using var folder = new TempFolder();
        await using (var node = await NodeProcess.StartAsync(Path.Combine(folder.Path, "recordings")))
        {
            await RecordAsync(node, 32);
            foreach (var size in effort.Quick ? (int[])[1, 10, 100] : [1, 10, 100, 1_000])
                await BytesAsync(node, size, report);
            foreach (var sessions in (int[])[1, 10, 100, 1_000])
                await SessionsAsync(node, sessions, effort.Quick ? 200 : 1_000, report);
        }
        await LedgerAsync(effort, folder.Path, report);
        await StartsAsync(effort, folder.Path, report);
    }

    private static async Task BytesAsync(NodeProcess node, int size, Report report)
    {
        var before = await node.UsageAsync();
        var seconds = await Measure.TimeAsync(() => RecordAsync(node, size));
        var cpu = (await node.UsageAsync()).CpuSeconds - before.CpuSeconds;
        report.Add($"scale, a recording of {size:#,0} MiB, CPU per MiB", new Sample([cpu / size]), Unit.Milliseconds, $"{seconds * 1e3 / size:0.0} ms by the clock");
    }

    private static async Task RecordAsync(NodeProcess node, int size)
    {
        var (session, lease) = await node.CreateSessionAsync(3600);
        await Parallel.ForAsync(0, size, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (index, _) =>
        {
            using var connection = new SessionConnection(node.Address, node.Token, session, lease);
            var chunk = Content.Random(ChunkSize);
            await connection.PutAsync(index, chunk, SessionConnection.DigestOf(chunk));
        });
        await node.StopSessionAsync(session, lease);
    }

    private static async Task SessionsAsync(NodeProcess node, int count, int chunks, Report report)
    {
        var sessions = new SessionConnection[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            var (id, lease) = await node.CreateSessionAsync(3600);
            sessions[i] = new SessionConnection(node.Address, node.Token, id, lease);
        });
        var before = await node.UsageAsync();
        var took = new double[chunks];
        for (var i = 0; i < chunks; i++)
        {
            var chunk = ChunkMix.At(i, 16 * 1024);
            var digest = SessionConnection.DigestOf(chunk.Span);
            took[i] = await Measure.TimeAsync(() => sessions[i % count].PutAsync(i / count, chunk, digest));
        }
        var cpu = (await node.UsageAsync()).CpuSeconds - before.CpuSeconds;
        report.Add($"scale, {count:#,0} sessions open, one chunk of 16 KiB", new Sample(took), Unit.Milliseconds, $"{cpu * 1e3 / chunks:0.00} ms of CPU each, what time brings included");
        Array.ForEach(sessions, session => session.Dispose());
    }

    private static async Task LedgerAsync(Effort effort, string folder, Report report)
    {
        using var files = LedgerFiles.Open(new DataFolder(Path.Combine(folder, "log")), new GenesisRequest(), TimeProvider.System, NullLogger.Instance);
        var head = LedgerHead.Before(files.Genesis);
        var entries = new List<Evidence.Ledger.LedgerEntry>();
        foreach (var size in effort.Quick ? (int[])[1_000, 10_000] : [1_000, 10_000, 100_000, 1_000_000])
        {
            while ((int)head.LogSize < size)
                head = await FillAsync(Math.Min(50_000, size - (int)head.LogSize));
            var blocks = new List<double>();
            for (var round = 0; round < 3; round++)
                blocks.Add(await Measure.TimeAsync(async () => head = await FillAsync(100)));
            var receipts = new List<double>();
            for (var i = 0; i < 1_000; i++)
            {
                var entry = entries[i * 7919 % entries.Count];
                receipts.Add(await Measure.TimeAsync(() =>
                {
                    var place = files.Index.Find(EntryPool.KeyOf(entry)) ?? throw new InvalidOperationException("The index does not know what was entered.");
                    _ = InclusionProof.Build(place.Index, head.LogSize, files.Log.Node);
                    return Task.CompletedTask;
                }));
            }
            var receipt = new Sample(receipts);
            report.Add($"scale, a block of 100 entries on a log of {size:#,0}", new Sample(blocks), Unit.Milliseconds);
            report.Add($"scale, index and inclusion proof in a log of {size:#,0}", receipt, Unit.Microseconds, $"p99 {receipt.At(0.99) * 1e6:0}");
        }

        async Task<LedgerHead> FillAsync(int count)
        {
            var fresh = Enumerable.Range(0, count).Select(_ => LedgerBenchmark.Entry(files)).ToList();
            entries.AddRange(fresh.Take(1_000));
            return await LedgerBenchmark.BlockAsync(files, head, fresh, LedgerBenchmark.NoStages());
        }
    }

    /// <summary>A chain that grows, and then sessions that are stored on it: how soon a node is ready, and what a block costs.</summary>
    private static async Task StartsAsync(Effort effort, string folder, Report report)
    {
        var data = Path.Combine(folder, "data");
        var height = 0;
        foreach (var length in effort.Quick ? (int[])[100, 1_000] : effort.Duration >= TimeSpan.FromMinutes(10) ? [100, 1_000, 10_000, 100_000] : [100, 1_000, 10_000])
        {
            var blocks = await ChainAsync(data, length - height);
            height = length;
            report.Add($"scale, the next block of a chain of {length:#,0}", new Sample(blocks.TakeLast(50)), Unit.Milliseconds, "one entry, five flushes");
            await StartAsync(data, $"{length:#,0} blocks", report);
        }
        var stored = 0;
        foreach (var sessions in effort.Quick ? (int[])[100, 1_000] : [1_000, 10_000])
        {
            await using (var node = await NodeProcess.StartAsync(data))
            {
                await Parallel.ForAsync(stored, sessions, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
                {
                    var (id, lease) = await node.CreateSessionAsync();
                    using var connection = new SessionConnection(node.Address, node.Token, id, lease);
                    var chunk = ChunkMix.At(i, 1024);
                    await connection.PutAsync(0, chunk, SessionConnection.DigestOf(chunk.Span));
                    await node.StopSessionAsync(id, lease);
                });
                await node.UntilAsync("anchored", sessions, TimeSpan.FromMinutes(5));
            }
            stored = sessions;
            await StartAsync(data, $"{height:#,0} blocks and {sessions:#,0} sessions", report);
        }
        await using (var node = await NodeProcess.StartAsync(data))
            await Parallel.ForAsync(0, stored / 10, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (_, _) => await node.CreateSessionAsync(3600));
        await StartAsync(data, $"the same and {stored / 10:#,0} sessions that record", report);
    }

    private static async Task StartAsync(string data, string what, Report report)
    {
        var seconds = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            await using var node = await NodeProcess.StartAsync(data);
            seconds.Add(node.ReadyAfter.TotalSeconds);
        }
        var ready = new Sample(seconds);
        report.Add($"scale, ready with {what}", ready, Unit.Seconds, "", new Target("< 2 s", ready.Median < 2));
    }

    private static async Task<List<double>> ChainAsync(string data, int more)
    {
        DurableFile.CreateDirectory(data);
        using var files = LedgerFiles.Open(new DataFolder(data), new GenesisRequest(), TimeProvider.System, NullLogger.Instance);
        var head = LedgerHead.Before(files.Genesis);
        if (files.Blocks.Height > 0)
        {
            var last = (await files.Blocks.ReadAsync(files.Blocks.Height, CancellationToken.None))!.Header;
            head = new LedgerHead(last.Height, last.Id(), last.TimeMs, last.LogSize, MerkleFrontier.Of(last.LogSize, files.Log.Node).Hashes, files.Index.Counts);
        }
        var seconds = new List<double>(more);
        for (var i = 0; i < more; i++)
            seconds.Add(await Measure.TimeAsync(async () => head = await LedgerBenchmark.BlockAsync(files, head, [LedgerBenchmark.Entry(files)], LedgerBenchmark.NoStages())));
        return seconds;
    }
}
