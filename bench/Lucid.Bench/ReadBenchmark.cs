namespace Lucid.Bench;

/// <summary>Authenticated reads of a node, beside bare Kestrel that answers the same bytes; the load comes from this process too.</summary>
internal static class ReadBenchmark
{
    public static async Task RunAsync(Effort effort, Report report)
    {
        await using var node = new BenchNode();
        await node.StartAsync();
        var (session, _) = await node.CreateSessionAsync();
        var target = new Target(">= 12,000/s, >= 20 % of bare, p99 < 15 ms", null);
        await BareKestrel.CompareAsync(node.Http.BaseAddress!, $"/api/v1/sessions/{session:D}", node.Token, effort, report, "authenticated reads, a session", target);
        await BareKestrel.CompareAsync(node.Http.BaseAddress!, "/api/v1/meta/info", node.Token, effort, report, "authenticated reads, meta/info", null);
    }
}
