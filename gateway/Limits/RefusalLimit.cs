using Lucid.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Limits;

/// <summary>
/// Stands before the door and counts whom it turned away: whoever has shown who they are as themselves, all others as strangers of that address. Each
/// token is looked at all the same: else whoever sends wrong ones from an address would lock out the users who share it.
/// </summary>
internal sealed class RefusalLimit(RequestDelegate next, QuotaLimiter limiter, GatewayOptions options)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        // Behind the door every request has a verdict.
        catch (Exception refusal) when (options.IsLimited && context.Features.Get<QuotaVerdict>() is null && IsRefusal(refusal))
        {
            var verdict = await limiter.ChargeAsync(context);
            if (!verdict.IsGranted)
                throw verdict.ToRefusal();
            throw;
        }
    }

    /// <summary>What fails here is nobody's fault who asks: while nobody says which tokens were revoked, a whole office would be charged for its good ones.</summary>
    private static bool IsRefusal(Exception exception) => ErrorMapping.Map(exception).Kind.Status < StatusCodes.Status500InternalServerError;
}
