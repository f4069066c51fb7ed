using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain;
using Lucid.Silo.Ledger;
using Lucid.Silo.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Bench;

/// <summary>Anchors from entries that wait to a block on the disk, with log and index: what a proposer does, without its votes.</summary>
internal static class LedgerBenchmark
{
    private static readonly string[] _stages = ["find", "batch", "make", "keep", "block", "apply", "log", "index"];

    private static readonly List<EntryKey> _known = [];

    public static async Task RunAsync(Effort effort, Report report)
    {
        using var folder = new TempFolder();
        using var files = LedgerFiles.Open(new DataFolder(folder.Path), new GenesisRequest(), TimeProvider.System, NullLogger.Instance);
        var head = LedgerHead.Before(files.Genesis);
        foreach (var size in (int[])[10_000, 100_000])
            head = await BlocksAsync(files, head, size, (size, effort.Quick) switch { (10_000, false) => 10, (100_000, true) => 1, _ => 3 }, report);

        var (finds, turn) = (100_000, 0);
        var recorder = files.Keys.Identity.PublicKey;
        var missing = Enumerable.Range(0, finds).Select(_ => new EntryKey(Guid.CreateVersion7(), recorder, LedgerEntryKind.Anchor)).ToArray();
        var samples = await Measure.InTurnAsync(
            effort.Rounds,
            () => FindAsync(i => _known[(int)(((i * 7919L) + ++turn) % _known.Count)], expected: true),
            () => FindAsync(i => missing[i], expected: false));
        report.Add($"index finds among {_known.Count:#,0}, there", samples[0], Unit.PerSecond);
        report.Add($"index finds among {_known.Count:#,0}, not there", samples[1], Unit.PerSecond);

        async Task<double> FindAsync(Func<int, EntryKey> key, bool expected) => finds / await Measure.TimeAsync(() =>
        {
            for (var i = 0; i < finds; i++)
            {
                if (files.Index.Find(key(i)) is not null != expected)
                    throw new InvalidOperationException("The index does not know what was entered, or knows more.");
            }
            return Task.CompletedTask;
        });
    }

    private static async Task<LedgerHead> BlocksAsync(LedgerFiles files, LedgerHead head, int size, int rounds, Report report)
    {
        var stages = NoStages();
        // The first block warms up.
        for (var round = -1; round < rounds; round++)
        {
            var entries = Enumerable.Range(0, size).Select(_ => Entry(files)).ToList();
            if (round == 0)
                Array.ForEach(stages, stage => stage.Clear());
            head = await BlockAsync(files, head, entries, stages);
            _known.AddRange(entries.Select(EntryPool.KeyOf));
        }
        var sample = new Sample(Enumerable.Range(0, rounds).Select(round => size / stages.Sum(stage => stage[round])));
        var beside = string.Join(", ", _stages.Select((stage, i) => $"{stage} {new Sample(stages[i]).Median * 1e3:0}"));
        // A rate missed is missed; one that held here still has to hold for a minute above 10 million anchors.
        report.Add($"anchors, blocks of {size:#,0}, {files.Log.Size - (ulong)size:#,0} before", sample, Unit.PerSecond, $"ms: {beside}",
            new Target(">= 10,000/s", sample.Median >= 10_000 ? null : false));
        return head;
    }

    /// <summary>Times of the stages of blocks, by stage.</summary>
    internal static List<double>[] NoStages() => [.. _stages.Select(_ => new List<double>())];

    internal static async Task<LedgerHead> BlockAsync(LedgerFiles files, LedgerHead head, List<LedgerEntry> entries, List<double>[] stages)
    {
        var (stage, since) = (0, Stopwatch.GetTimestamp());
        var (genesis, identity) = (files.Genesis, files.Keys.Identity);
        var fresh = entries.Where(entry => files.Index.Find(EntryPool.KeyOf(entry)) is null).Select(entry => new WaitingEntry(entry)).ToList();
        Next();
        var batches = LedgerTransition.Batch(genesis, fresh, identity);
        Next();
        var made = LedgerTransition.Make(genesis, head, identity.PublicKey, Math.Max(head.TimeMs + 1, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()), batches);
        Next();
        var id = made.Header.Id();
        await files.Candidates.KeepAsync(made.Header.Height, id, made.Encode(), CancellationToken.None);
        Next();
        var precommit = new Vote(VoteKind.Precommit, genesis.Network, made.Header.Height, 0, id);
        ImmutableArray<IndexedSignature> signatures = [SignedVote.Sign(precommit, 0, identity).Signature];
        var block = made with { Certificate = new CommitCertificate(genesis.Network, made.Header.Height, 0, id, signatures) };
        await files.Blocks.AppendAsync(block, CancellationToken.None);
        Next();
        var logged = LedgerTransition.Entries(block.Transactions);
        var applied = LedgerTransition.Apply(head, block, logged);
        Next();
        await files.Log.AppendAsync([.. logged.Select(entry => entry.Bytes)], CancellationToken.None);
        Next();
        await files.Index.ApplyAsync(block.Header, block.Encode().Length, logged, head.LogSize, CancellationToken.None);
        files.Candidates.Forget(applied.Height);
        Next();
        return applied;

        void Next()
        {
            stages[stage++].Add(Stopwatch.GetElapsedTime(since).TotalSeconds);
            since = Stopwatch.GetTimestamp();
        }
    }

    public static LedgerEntry Entry(LedgerFiles files)
    {
        var hash = Hash256.Of("any"u8);
        return LedgerEntry.Parse(new Anchor(Guid.CreateVersion7(), files.Keys.Identity.PublicKey, hash, hash, hash, 1_700_000_000_000, 42).Encode());
    }
}
