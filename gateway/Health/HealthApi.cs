using System.Collections.Immutable;
using Lucid.Gateway.Access;
using Lucid.Gateway.Meta;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Health;

/// <summary>How the node is.</summary>
internal static class HealthApi
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("/health").WithTags("Health").WithMetadata(new AnyHost());
        health.MapGet("", AllAsync).Requires(Permission.ViewSystemMetrics).Produces<HealthView>().Produces<HealthView>(StatusCodes.Status503ServiceUnavailable);
        health.MapGet("/live", Live).AllowAnonymous();
        health.MapGet("/ready", ReadyAsync).Requires(Permission.ViewSystemMetrics).Produces<LivenessView>().Produces<LivenessView>(StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>See how the node and each of its dependencies are</summary>
    /// <remarks>503 where one is unhealthy.</remarks>
    internal static async Task<JsonHttpResult<HealthView>> AllAsync(HealthCheck check, TimeProvider clock, CancellationToken cancellation)
    {
        var dependencies = await check.RunAsync(cancellation);
        var state = Worst(dependencies.Values);
        return TypedResults.Json(
            new HealthView(state, ProductVersion.Service, ProductVersion.Text, clock.GetUtcNow(), (long)check.Uptime.TotalSeconds, dependencies),
            statusCode: StatusOf(state));
    }

    /// <summary>See whether the process answers</summary>
    internal static Ok<LivenessView> Live() => TypedResults.Ok(new LivenessView(HealthState.Healthy));

    /// <summary>See whether the node can do its work</summary>
    /// <remarks>503 where a dependency is unhealthy.</remarks>
    internal static async Task<JsonHttpResult<LivenessView>> ReadyAsync(HealthCheck check, CancellationToken cancellation)
    {
        var state = Worst((await check.RunAsync(cancellation)).Values);
        return TypedResults.Json(new LivenessView(state), statusCode: StatusOf(state));
    }

    private static HealthState Worst(IEnumerable<DependencyHealth> dependencies) =>
        dependencies.Select(one => one.Status).DefaultIfEmpty(HealthState.Healthy).Max();

    private static int StatusOf(HealthState state) =>
        state == HealthState.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
}

/// <param name="Uptime">Seconds since start.</param>
internal sealed record HealthView(
    HealthState Status, string Service, string Version, DateTimeOffset Timestamp, long Uptime, ImmutableSortedDictionary<string, DependencyHealth> Dependencies);

internal sealed record LivenessView(HealthState Status);

/// <param name="Detail">In words, where there is something to say.</param>
internal sealed record DependencyHealth(HealthState Status, string? Detail, double ResponseMs);
