using System.Security.Cryptography;
using Lucid.Evidence.Tests.Compression;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Bench;

/// <summary>A full evidence file in memory, verified on one core as `lucid verify` does.</summary>
internal static class VerificationBenchmark
{
    public static async Task RunAsync(Effort effort, Report report)
    {
        var network = new TestNetwork();
        var plain = Content.Random(10 << 20);
        var file = await TestEvidence.Make(network, Enumerable.Repeat(plain, effort.Quick ? 4 : 16)).FileAsync();
        var trusted = new TrustedValidators(network.Validators);
        var samples = await Measure.InTurnAsync(
            effort.Rounds,
            async () =>
            {
                var before = Environment.CpuUsage.TotalTime;
                await VerifyAsync(new VerifyOptions { Parallelism = 1 });
                return file.Length / (Environment.CpuUsage.TotalTime - before).TotalSeconds;
            },
            () => Task.FromResult(file.Length / Measure.Cpu(() => SHA256.HashData(file))),
            async () => file.Length / await Measure.TimeAsync(() => VerifyAsync(new VerifyOptions())));
        report.Add($"verify {file.Length >> 20} MiB of evidence, per CPU second", samples[0], Unit.GigabytesPerSecond,
            $"{samples[0].Median / samples[1].Median:0.00} of SHA-256 alone",
            new Target(">= 1 GB/s", samples[0].Median >= 1e9));
        report.Add("· SHA-256 of the same bytes", samples[1], Unit.GigabytesPerSecond);
        report.Add("verify the same on all cores, by the clock", samples[2], Unit.GigabytesPerSecond);

        async Task VerifyAsync(VerifyOptions options)
        {
            using var stream = new MemoryStream(file);
            var verified = await EvidenceVerifier.VerifyAsync(stream, trusted, options, CancellationToken.None);
            if (verified.Verdict != Verdict.Verified)
                throw new InvalidOperationException($"The benchmark's own evidence does not verify: {verified.Summary}");
        }
    }
}
