using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Lucid.Bench;

/// <summary>Reads of ours beside a bare Kestrel that answers the same bytes, in turn; the load comes from this process too.</summary>
internal static class BareKestrel
{
    private const int Connections = 64;

    public static async Task CompareAsync(Uri server, string path, string token, Effort effort, Report report, string what, Target? target)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var bytes = await http.GetByteArrayAsync(path.TrimStart('/'));
        await using var bare = Bare(bytes);
        await bare.StartAsync();
        var ours = new HttpLoad(server, [path], token);
        var theirs = new HttpLoad(new Uri(bare.Urls.First()), [path], token);
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
        report.Add(what, samples[0], Unit.PerSecond,
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
