using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Cluster;

/// <summary>The cluster behind a gateway.</summary>
internal static class ClusterApi
{
    public static void MapCluster(this IEndpointRouteBuilder api) =>
        api.MapGet("/cluster/status", StatusAsync).WithTags("Cluster").Requires(Permission.ViewSystemMetrics).Fails(ErrorTable.NotFound);

    /// <summary>See the silos of the cluster and what they have to do</summary>
    /// <remarks>404 on a node that runs alone.</remarks>
    internal static async Task<Ok<ClusterStatus>> StatusAsync(IServiceProvider services, CancellationToken cancellation) =>
        services.GetService<IClusterOverview>() is { } overview
            ? TypedResults.Ok(await overview.LookAsync(cancellation))
            : throw new ApiException(ErrorTable.NotFound, "This is no gateway of a cluster: a node runs alone.");
}
