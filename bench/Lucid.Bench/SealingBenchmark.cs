using System.Security.Cryptography;
using Lucid.Evidence.Compression;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Compression;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Recording;

namespace Lucid.Bench;

/// <summary>One chunk of 10 MiB from plaintext to leaf on one core, beside the parts of that alone. In CPU time.</summary>
internal static class SealingBenchmark
{
    private const int Size = ChunkLimits.MaxPlainBytes;

    private static readonly SessionKey _key = SessionKey.Generate();
    private static readonly Guid _session = Guid.CreateVersion7();

    public static async Task RunAsync(Effort effort, Report report)
    {
        await RunAsync(effort, report, "incompressible", Content.Random(Size), 0.020);
        await RunAsync(effort, report, "text", Content.Text(Size), 0.100);
        await RunAsync(effort, report, "half-half", Content.HalfRandom(Size), 0.100);
    }

    private static async Task RunAsync(Effort effort, Report report, string content, byte[] plain, double most)
    {
        using var buffers = new ChunkBuffers(64 << 20, TimeProvider.System);
        using var oneCore = new CorePool(0);
        using var others = new CorePool(Environment.ProcessorCount - 1);
        using var aes = new AesGcm(RandomNumberGenerator.GetBytes(32), 16);
        var sealer = new ChunkSealer(new RecordingOptions(), buffers, new ThreadClock());
        var (level, share) = (0.0, 0.0);
        var packed = new byte[GzipBlocks.MaxCompressedLength(plain.Length)];
        // Alone, encryption and tree get what the sealer would give them.
        var length = GzipBlocks.Compress(plain, packed, new GzipBudget { Clock = new ThreadClock() }).Length;
        var cipher = new byte[Cobblestone.CipherLength(length)];
        var chunkKey = _key.ChunkKey(_session, 0);
        var context = SessionKey.ChunkContext(_session, 0, ChunkCodec.Gzip);
        var full = new byte[packed.Length];
        var (levelTogether, shareTogether) = (0.0, 0.0);
        var samples = await Measure.InTurnAsync(
            effort.Rounds,
            Cpu(() =>
            {
                ChunkSealer.Mac(_key, _session, plain);
                using var chunk = sealer.Seal(oneCore, _key, _session, 0, 0, new ChunkTimes(0, 5000), plain, _ => { });
                (level, share) = (chunk.GzipLevel, (double)chunk.Cipher.Length / plain.Length);
            }),
            Cpu(() => ChunkSealer.Mac(_key, _session, plain)),
            Cpu(() => GzipBlocks.Compress(plain, full, new GzipBudget { PerChunk = TimeSpan.FromMinutes(1) })),
            Cpu(() => Cobblestone.Encrypt(chunkKey, context, packed.AsSpan(0, length), cipher)),
            Cpu(() => aes.Encrypt(stackalloc byte[12], packed.AsSpan(0, length), full.AsSpan(0, length), stackalloc byte[16])),
            Cpu(() => SegmentTree.Root(cipher)),
            Cpu(() => SHA256.HashData(cipher)),
            () => Measure.TimeAsync(() =>
            {
                ChunkSealer.Mac(_key, _session, plain);
                using var chunk = sealer.Seal(others, _key, _session, 0, 0, new ChunkTimes(0, 5000), plain, _ => { });
                (levelTogether, shareTogether) = (chunk.GzipLevel, (double)chunk.Cipher.Length / plain.Length);
                return Task.CompletedTask;
            }));
        var total = samples[0].Median;
        report.Add($"seal 10 MiB, {content}, CPU of one core", samples[0], Unit.Milliseconds,
            $"mean gzip level {level:0.0}, to {100 * share:0} %",
            new Target($"< {most * 1e3:0} ms", total < most));
        string[] parts = ["plaintext MAC", "gzip level 6, unbounded", "Cobblestone", "(AES-256-GCM alone)", "segment tree", "(SHA-256 alone)"];
        for (var i = 0; i < parts.Length; i++)
            report.Add($"· {parts[i]}", samples[i + 1], Unit.Milliseconds, $"{samples[i + 1].Median / total:0.00} of the whole");
        report.Add($"seal 10 MiB, {content}, all cores, by the clock", samples[^1], Unit.Milliseconds,
            $"mean gzip level {levelTogether:0.0}, to {100 * shareTogether:0} %");
    }

    private static Func<Task<double>> Cpu(Action work) => () => Task.FromResult(Measure.Cpu(work));
}
