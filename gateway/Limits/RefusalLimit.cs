using Lucid.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Limits;

/// <summary>
/// Stands before the door and counts whom it turned away, as strangers of that address. Each token is looked at all the same: else whoever
/// sends wrong ones from an address would lock out the users who share it.
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
            var verdict = await limiter.ChargeStrangerAsync(context);
            if (!verdict.IsGranted)
                throw verdict.ToRefusal();
            throw;
        }
    }

    /// <summary>A grain that was asked about a token refuses it with an exception of its own.</summary>
    private static bool IsRefusal(Exception exception) => exception is ApiException || ErrorMapping.Map(exception).Kind.Status < StatusCodes.Status500InternalServerError;
}
