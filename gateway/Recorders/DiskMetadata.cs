using Microsoft.AspNetCore.Builder;

namespace Lucid.Gateway.Recorders;

/// <summary>Says of an endpoint whose disk it needs.</summary>
internal sealed record DiskMetadata(DiskOf Disk);

internal static class DiskMetadataExtensions
{
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, DiskOf disk) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new DiskMetadata(disk));
}
