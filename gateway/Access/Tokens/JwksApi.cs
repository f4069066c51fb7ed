using System.Globalization;
using Lucid.Gateway.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>The public keys of access tokens, for everyone (RFC 7517).</summary>
internal static class JwksApi
{
    /// <summary>How long anybody may keep a copy. A key is published for longer than that before it signs.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    private static readonly string _cacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={MaxAge.TotalSeconds:0}");

    public static void MapJwks(this IEndpointRouteBuilder app) => app.MapGet("/.well-known/jwks.json", Keys)
        .WithTags("Access").WithMetadata(new AllowAnonymousAttribute()).Produces<JwksView>().Fails(ErrorTable.PartAway);

    /// <summary>Read the public keys of access tokens</summary>
    /// <remarks>RFC 7517: of every gateway of this network, for ES256.</remarks>
    internal static FileContentHttpResult Keys(IssuerWatch watch, TimeProvider clock, HttpResponse response)
    {
        if (!watch.HasKeys)
            throw new ApiException(ErrorTable.PartAway, "The keys are not known yet.", retryAfter: IssuerWatch.AsksForKeysEvery);
        var now = clock.GetUtcNow();
        response.Headers.CacheControl = _cacheControl;
        var keys = watch.Keys.All.Where(key => !(key.NotAfter <= now)).Select(key => key.Key).OrderBy(key => key.KeyId, StringComparer.Ordinal);
        return TypedResults.Bytes(new JsonWebKeySet([.. keys]).Render(), ContentTypes.Json);
    }
}

/// <summary>How the answer looks, for the OpenAPI document; it is written by <see cref="JsonWebKeySet"/>.</summary>
internal sealed record JwksView(System.Collections.Immutable.ImmutableArray<JwkView> Keys);

/// <param name="Kid">RFC 7638 thumbprint.</param>
/// <param name="X">32 bytes in base64url.</param>
/// <param name="Y">32 bytes in base64url.</param>
internal sealed record JwkView(string Kty, string Crv, string X, string Y, string Use, string Alg, string Kid);
