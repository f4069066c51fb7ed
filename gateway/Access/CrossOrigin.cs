using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Access;

/// <summary>Pages of which origins may call the API. Tokens travel in a header that a page has to set, so no credentials of a browser's are allowed.</summary>
internal static class CrossOrigin
{
    private static readonly string[] _methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    private static readonly string[] _sent =
    [
        "Authorization", "Content-Type", "Content-Digest", "Range", "If-Match", "If-None-Match", "Idempotency-Key", "Lucid-Lease", "Lucid-Chunk-Time", "Lucid-Track",
    ];

    private static readonly string[] _shown =
    [
        "Lucid-Request-Id", "Lucid-Repeated", "Lucid-Skipped-Chunks", "Location", "ETag", "Idempotency-Replayed", "Content-Range", "Content-Disposition", "Retry-After",
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    ];

    // How long a browser need not ask again whether it may.
    private static readonly TimeSpan _remembered = TimeSpan.FromMinutes(10);

    public static void AddCrossOrigin(this IServiceCollection services, AccessOptions access) =>
        services.AddCors(cors => cors.AddDefaultPolicy(new CorsPolicyBuilder([.. access.AllowedOrigins])
            .WithMethods(_methods).WithHeaders(_sent).WithExposedHeaders(_shown).SetPreflightMaxAge(_remembered).Build()));
}
