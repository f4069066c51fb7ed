using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Lucid.Bench;

/// <summary>Authenticated reads of a node, beside bare Kestrel that answers the same bytes; the load comes from this process too.</summary>
internal static class ReadBenchmark
{
    private const int Connections = 64;

    public static async Task RunAsync(Effort effort, Report report)
    {
        await using var node = new BenchNode();
        await node.StartAsync();
        var (session, _) = await node.CreateSessionAsync();
        var target = new Target(">= 12,000/s, >= 20 % of bare, p99 < 15 ms", null);
        await CompareAsync(node, effort, report, "a session", $"/api/v1/sessions/{session:D}", target);
        await CompareAsync(node, effort, report, "meta/info", "/api/v1/meta/info", null);
    }

    private static async Task CompareAsync(BenchNode node, Effort effort, Report report, string what, string path, Target? target)
    {
        var bytes = await node.Http.GetByteArrayAsync(path.TrimStart('/'));
        await using var bare = Bare(bytes);
        await bare.StartAsync();
        var ours = new HttpLoad(node.Http.BaseAddress!, [path], node.Token);
        var theirs = new HttpLoad(new Uri(bare.Urls.First()), [path], node.Token);
        var slowest = new List<double>();
        var samples = await Measure.InTurnAsync(
            effort.Rounds,
            async () =>
            {
                var result = await ours.RunAsync(Connections, effort.RoundTime);
                slowest.Add(result.P99);
                return result.PerSecond;
            },
            async () => (await theirs.RunAsync(Connections, effort.RoundTime)).PerSecond);
        var (rate, share, p99) = (samples[0].Median, samples[0].Median / samples[1].Median, new Sample(slowest.Skip(1)).Median);
        report.Add($"authenticated reads, {what}", samples[0], Unit.PerSecond,
            $"{share * 100:0} % of bare, p99 {p99 * 1e3:0.0} ms",
            target is null ? null : target with { Held = rate >= 12_000 && share >= 0.2 && p99 < 0.015 });
        report.Add($"· bare Kestrel, the same {bytes.Length} bytes", samples[1], Unit.PerSecond);
    }

    private static WebApplication Bare(byte[] bytes)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.ContentLength = bytes.Length;
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.Body.WriteAsync(bytes);
        });
        return app;
    }
}
