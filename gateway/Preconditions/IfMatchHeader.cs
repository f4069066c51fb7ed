using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Engine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Preconditions;

/// <summary>That an endpoint changes something only while it is what If-Match names, where that is sent.</summary>
internal sealed record IfMatchHeader;

internal static class IfMatchConventions
{
    /// <summary>
    /// Takes If-Match. What is compared is what the grain said just before it is asked to change: somebody who changes the thing between those two
    /// calls is not seen. That is for people and programs that do not know of each other, and no lock.
    /// </summary>
    /// <param name="current">What GET answers now.</param>
    public static TBuilder TakesIfMatch<TBuilder, T>(this TBuilder endpoints, Func<HttpContext, IGrains, Task<T>> current) where TBuilder : IEndpointConventionBuilder
    {
        endpoints.AddEndpointFilter(async (invocation, next) =>
        {
            var context = invocation.HttpContext;
            if (context.Request.Headers.IfMatch.Count > 0)
                Require(context, await current(context, context.RequestServices.GetRequiredService<IGrains>()));
            return await next(invocation);
        });
        return endpoints.WithMetadata(new IfMatchHeader()).Fails(ErrorTable.ChangedMeanwhile);
    }

    private static void Require<T>(HttpContext context, T current)
    {
        var tag = EntityTag.Of(EntityTag.Serialize(context, current));
        if (!EntityTag.Names(context.Request.GetTypedHeaders().IfMatch, tag, strongly: true))
            throw new ApiException(ErrorTable.ChangedMeanwhile, $"Its ETag is {tag} now, which If-Match does not name: somebody has changed it. Nothing was done.");
    }
}
