using Lucid.Gateway.Access;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Metrics;

/// <summary>The node's metrics for Prometheus.</summary>
internal static class MetricsApi
{
    private const string Exposition = "text/plain; version=0.0.4; charset=utf-8";

    public static void MapMetrics(this IEndpointRouteBuilder app) => app.MapGet("/metrics", Read).WithTags("Health").Requires(Permission.ViewSystemMetrics).ProducesText();

    /// <summary>Read the node's metrics</summary>
    /// <remarks>Prometheus text format.</remarks>
    internal static ContentHttpResult Read(MetricsCollector collector) => TypedResults.Text(collector.Render(), Exposition);
}
