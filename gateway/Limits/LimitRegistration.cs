using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Limits;

/// <summary>How the framework's rate limiting middleware comes to our limits.</summary>
internal static class LimitRegistration
{
    public static void AddLimits(this IServiceCollection services, LimitOptions limits)
    {
        services.AddSingleton(limits);
        services.AddSingleton<QuotaSource>();
        services.AddSingleton<QuotaLimiter>();
        services.AddRateLimiter(_ => { });
        services.AddOptions<RateLimiterOptions>().Configure<QuotaLimiter>((limiting, limiter) =>
        {
            limiting.GlobalLimiter = limiter;
            limiting.OnRejected = (rejected, _) => throw rejected.HttpContext.Features.GetRequiredFeature<QuotaVerdict>().ToRefusal();
        });
    }
}
