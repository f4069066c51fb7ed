using System.Collections.Immutable;
using Lucid.Gateway.Access;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Meta;

/// <summary>What answers here.</summary>
internal static class MetaApi
{
    private static readonly VersionInfo Version = new("v1", ProductVersion.Text, ["v1"]);

    public static void MapMeta(this IEndpointRouteBuilder api)
    {
        var meta = api.MapGroup("/meta").WithTags("Meta").Requires(Permission.ViewOwnProfile, orSessionToken: true);
        meta.MapGet("/info", Info);
        meta.MapGet("/version", VersionOf);
    }

    /// <summary>Describe this node</summary>
    internal static Ok<ServiceInfo> Info(GatewayOptions options) => TypedResults.Ok(new ServiceInfo(
        "lucid", ProductVersion.Text, options.Environment, options.Node,
        ["sessions", "chunks", "evidence", "playback", "blocks", "anchoring", "tlog-tiles", "metrics"]));

    /// <summary>Describe the versions of the API</summary>
    internal static Ok<VersionInfo> VersionOf() => TypedResults.Ok(Version);
}

/// <param name="Environment">Where this runs: node, silo or gateway.</param>
/// <param name="NodeId">The node that records the sessions created here.</param>
internal sealed record ServiceInfo(
    string ServiceName, string Version, string Environment, string NodeId, ImmutableArray<string> Features);

internal sealed record VersionInfo(string ApiVersion, string GatewayVersion, ImmutableArray<string> SupportedVersions);
