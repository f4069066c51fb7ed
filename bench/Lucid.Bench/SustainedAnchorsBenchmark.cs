using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Proofs;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.Grains.Chain;
using Lucid.Silo.Hosting;
using Lucid.Silo.Ledger;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Bench;

/// <summary>
/// A minute of 10,000 anchors a second into the log of a whole node that has ten million already: each is looked up among all of them, a
/// block every ten seconds takes what waits, and of every thousand one is asked for its receipt until it is there, and the receipt checked.
/// </summary>
internal static class SustainedAnchorsBenchmark
{
    private const int PerTick = 1000;
    private const int BlockSize = 100_000;
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(20);
    private static readonly Hash256 _any = Hash256.Of("any"u8);

    public static async Task RunAsync(Effort effort, Report report)
    {
        using var folder = new TempFolder();
        var earlier = effort.Quick ? 200_000 : 10_000_000;
        var time = effort.Duration ?? TimeSpan.FromSeconds(effort.Quick ? 20 : 60);
        Anchor? known = null;
        var prefill = await Measure.TimeAsync(async () => known = await PrefillAsync(folder.Path, earlier));
        var bytes = Shell.SizeOf(folder.Path);
        report.Add($"{earlier:#,0} anchors laid down beforehand", new Sample([earlier / prefill]), Unit.PerSecond,
            $"{prefill:0} s, {bytes / 1e9:0.0} GB on the disk");

        await using var node = NodeHost.Build(new NodeOptions { Data = folder.Path, Urls = "http://127.0.0.1:0" });
        await node.StartAsync();
        var log = node.Services.GetRequiredService<IGrains>().Get<ILogGrain>(node.Services.GetRequiredService<NodeIdentity>().Name);
        var ledger = node.Services.GetRequiredService<LedgerNode>();
        var first = ledger.Index.Height + 1;
        var watched = new List<Task<double>>();
        var accepted = 0;
        var started = Stopwatch.GetTimestamp();
        for (var tick = 0; tick * _tick < time; tick++)
        {
            var early = (tick * _tick) - Stopwatch.GetElapsedTime(started);
            if (early > TimeSpan.Zero)
                await Task.Delay(early, TimeProvider.System);
            for (var i = 0; i < PerTick; i++)
            {
                var anchor = Some(ledger.Keys.Identity.PublicKey);
                await SubmitAsync(log, anchor);
                accepted++;
                if (i == 0)
                    watched.Add(ReceiptAsync(log, anchor));
            }
            await RefusedAsync(log, known!);
        }
        var took = Stopwatch.GetElapsedTime(started);
        var receipts = new Sample(await Task.WhenAll(watched));
        var blocks = ledger.Index.Blocks(first, ledger.Index.Height);
        var interval = new Sample(blocks.Zip(blocks.Skip(1), (one, next) => (next.TimeMs - one.TimeMs) / 1e3));
        var rate = accepted / took.TotalSeconds;
        var target = effort.Quick ? null : new Target(
            ">= 10,000/s for 60 s, receipt after the next block", rate >= 9_990 && time.TotalSeconds >= 60 && receipts.Max < 2 * 10.5);
        report.Add($"anchors, {time.TotalSeconds:0} s above {earlier:#,0}", new Sample([rate]), Unit.PerSecond,
            $"{accepted:#,0} accepted, each looked up; receipts of {watched.Count} checked after {receipts.Min:0.0}..{receipts.Max:0.0} s", target);
        report.Add("· interval of those blocks", interval, Unit.Seconds,
            $"{blocks.Count} blocks, up to {blocks.Zip(blocks.Skip(1), (one, next) => next.LogSize - one.LogSize).Max():#,0} anchors",
            new Target("10 s ± 0.5 s", interval.Min >= 9.5 && interval.Max <= 10.5));
    }

    /// <summary>Lays anchors down as blocks, with the parts that a node is made of, but without waiting for its interval.</summary>
    /// <returns>One of them.</returns>
    private static async Task<Anchor> PrefillAsync(string folder, int count)
    {
        using var files = LedgerFiles.Open(new DataFolder(folder), new GenesisRequest(), TimeProvider.System, NullLogger.Instance);
        var head = LedgerHead.Before(files.Genesis);
        var known = Some(files.Keys.Identity.PublicKey);
        for (var done = 0; done < count; done += BlockSize)
        {
            var entries = Enumerable.Range(0, BlockSize)
                .Select(i => LedgerEntry.Parse((i + done == 0 ? known : Some(files.Keys.Identity.PublicKey)).Encode())).ToList();
            head = await LedgerBenchmark.BlockAsync(files, head, entries, LedgerBenchmark.NoStages());
        }
        return known;
    }

    private static Anchor Some(Ed25519PublicKey recorder) =>
        new(Guid.CreateVersion7(), recorder, _any, _any, _any, 1_700_000_000_000, 42);

    /// <summary>Submits as a session does: again after a while where too many wait.</summary>
    private static async Task SubmitAsync(ILogGrain log, Anchor anchor)
    {
        for (var entry = anchor.Encode(); ;)
        {
            try
            {
                await log.SubmitAsync(entry);
                return;
            }
            catch (LogBusyException)
            {
                await Task.Delay(_tick, TimeProvider.System);
            }
        }
    }

    /// <summary>Another anchor of a session that has one, among the ten million, must be refused.</summary>
    private static async Task RefusedAsync(ILogGrain log, Anchor known)
    {
        try
        {
            await log.SubmitAsync((known with { LeafCount = known.LeafCount + 1 }).Encode());
        }
        catch (EntryConflictException)
        {
            return;
        }
        throw new InvalidOperationException($"The log took a second anchor of session {known.Session}.");
    }

    /// <returns>Seconds until the receipt was served.</returns>
    private static async Task<double> ReceiptAsync(ILogGrain log, Anchor anchor)
    {
        var since = Stopwatch.GetTimestamp();
        var entry = LedgerEntry.Parse(anchor.Encode());
        LogReceipt? receipt;
        while ((receipt = await log.ReceiptAsync(EntryPool.KeyOf(entry))) is null)
            await Task.Delay(_poll, TimeProvider.System);
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        if (!TlogProof.Parse(System.Text.Encoding.UTF8.GetBytes(receipt.Proof)).VerifyInclusion(anchor.Hash()))
            throw new InvalidOperationException($"The receipt of session {anchor.Session} does not prove it.");
        return seconds;
    }
}
