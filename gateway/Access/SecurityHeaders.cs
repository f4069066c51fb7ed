using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Access;

/// <summary>What every answer tells a browser, unless its endpoint says otherwise: to guess, show, keep and pass on nothing of it.</summary>
internal static class SecurityHeaders
{
    // A browser that has seen it uses https for a year, whatever link it is given.
    private const string OneYear = "max-age=31536000";

    public static void Apply(HttpContext context, GatewayOptions options)
    {
        var headers = context.Response.Headers;
        // What is played back was recorded by someone else: a browser must not guess that it is a script.
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Most answers are about somebody's sessions; what may be kept says so itself.
        headers.CacheControl = "no-store";
        // A silo's answers go on through a gateway, which may speak another protocol.
        if (context.Request.IsHttps && !options.IsForPeers)
            headers.StrictTransportSecurity = OneYear;
    }
}
