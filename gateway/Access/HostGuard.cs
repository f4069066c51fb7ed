using System.Net;
using Lucid.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Access;

/// <summary>
/// Serves under the configured domain only, where there is one: a login names it, and a page of another name that leads here must not be taken for
/// this one. Programs on the machine itself may come by a name of loopback, and whoever looks after the gateway's health by any.
/// </summary>
internal sealed class HostGuard(RequestDelegate next, GatewayOptions options)
{
    public Task InvokeAsync(HttpContext context)
    {
        var host = context.Request.Host.Host;
        // The framework takes off what it believed: what is left there is another name, under which somebody came to the proxy.
        var isPassedOn = options.Access.Proxies.Count > 0 && context.Request.Headers.ContainsKey("X-Forwarded-Host");
        if ((!isPassedOn && (host.Equals(options.Access.Domain, StringComparison.OrdinalIgnoreCase) || IsOfThisMachine(host, context))) || context.GetEndpoint()?.Metadata.GetMetadata<AnyHost>() is not null)
            return next(context);
        // Without the name that would be right: who asks under another may be looking for where an onion service runs.
        throw new ApiException(ErrorTable.WrongHost);
    }

    private static bool IsOfThisMachine(string host, HttpContext context) =>
        context.IsLocal() && (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)));
}

/// <summary>Marks endpoints that answer whatever name they are called by.</summary>
internal sealed record AnyHost;
