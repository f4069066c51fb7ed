using System.Diagnostics.Metrics;
using Lucid.Gateway.Metrics;
using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.Metrics;

public sealed class MetricsTests
{
    [Fact]
    public async Task Metrics_AfterRequests_CountThemPerRoute()
    {
        await using var host = await GatewayHost.StartAsync();
        (await host.Client.GetAsync($"/api/v1/sessions/{Guid.CreateVersion7()}")).Dispose();
        using var answer = await host.Client.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("# TYPE http_server_request_duration_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.Contains(text.Split('\n'), line => line.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal) &&
            line.Contains("http_response_status_code=\"404\",http_route=\"/api/v1/sessions/{id}", StringComparison.Ordinal));
        Assert.Contains("dotnet_process_memory_working_set_bytes ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Render_EveryKindOfInstrument_IsWrittenAsPrometheusReadsIt()
    {
        using var meter = new Meter("Lucid.Test." + nameof(Render_EveryKindOfInstrument_IsWrittenAsPrometheusReadsIt));
        using var collector = new MetricsCollector();
        await collector.StartAsync(CancellationToken.None);
        var counter = meter.CreateCounter<long>("kinds.sealed.chunks", "{chunk}", "Chunks that were sealed.\nSecond \\ line");
        counter.Add(2, new KeyValuePair<string, object?>("kind", "a\"b\\c\nd"));
        counter.Add(3, new KeyValuePair<string, object?>("kind", "a\"b\\c\nd"));
        counter.Add(1);
        var upDown = meter.CreateUpDownCounter<int>("kinds.waiting");
        upDown.Add(5);
        upDown.Add(-2);
        meter.CreateGauge<double>("kinds.level").Record(6.5);
        meter.CreateObservableGauge("kinds.free", () => 1e300, "By");
        meter.CreateObservableCounter("kinds.seen_total", () => 7L);
        var histogram = meter.CreateHistogram("kinds.time", "s", "Time.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var value in new[] { 0.1, 0.5, 1, 2 })
            histogram.Record(value, new KeyValuePair<string, object?>("b.x", 1), new KeyValuePair<string, object?>("a", true));
        histogram.Record(3, new KeyValuePair<string, object?>("a", true), new KeyValuePair<string, object?>("b.x", 1));
        meter.CreateCounter<long>("kinds.never");

        var lines = collector.Render().Split('\n').Where(line => line.Contains("kinds_", StringComparison.Ordinal));
        Assert.Equal(
            """
            # TYPE kinds_free_bytes gauge
            kinds_free_bytes 1E+300
            # TYPE kinds_level gauge
            kinds_level 6.5
            # HELP kinds_sealed_chunks_total Chunks that were sealed.\nSecond \\ line
            # TYPE kinds_sealed_chunks_total counter
            kinds_sealed_chunks_total 1
            kinds_sealed_chunks_total{kind="a\"b\\c\nd"} 5
            # TYPE kinds_seen_total counter
            kinds_seen_total 7
            # HELP kinds_time_seconds Time.
            # TYPE kinds_time_seconds histogram
            kinds_time_seconds_bucket{a="True",b_x="1",le="0.1"} 1
            kinds_time_seconds_bucket{a="True",b_x="1",le="1"} 3
            kinds_time_seconds_bucket{a="True",b_x="1",le="+Inf"} 5
            kinds_time_seconds_sum{a="True",b_x="1"} 6.6
            kinds_time_seconds_count{a="True",b_x="1"} 5
            # TYPE kinds_waiting gauge
            kinds_waiting 3
            """,
            string.Join('\n', lines));
    }

    [Fact]
    public async Task Render_MoreLabelsThanTheLimit_AreCountedAsDropped()
    {
        using var meter = new Meter("Lucid.Test." + nameof(Render_MoreLabelsThanTheLimit_AreCountedAsDropped));
        using var collector = new MetricsCollector();
        await collector.StartAsync(CancellationToken.None);
        var counter = meter.CreateCounter<long>("dropped.things");
        for (var i = 0; i < MetricFamily.MaxSeries + 10; i++)
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        var text = collector.Render();
        Assert.Contains("# dropped_things_total: 10 measurements dropped", text, StringComparison.Ordinal);
        Assert.Equal(MetricFamily.MaxSeries, text.Split('\n').Count(line => line.StartsWith("dropped_things_total{", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("http.server.request.duration", "s", false, "http_server_request_duration_seconds")]
    [InlineData("dotnet.gc.heap.total_allocated", "By", true, "dotnet_gc_heap_total_allocated_bytes_total")]
    [InlineData("a.requests", "{request}", true, "a_requests_total")]
    [InlineData("9lives", null, false, "_9lives")]
    [InlineData("already_bytes", "By", false, "already_bytes")]
    public void Name_Instrument_BecomesAPrometheusName(string name, string? unit, bool counter, string expected) =>
        Assert.Equal(expected, PrometheusText.Name(name, unit, counter));
}
