using System.Net;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Access;

/// <summary>Who is on this machine.</summary>
internal static class LocalConnection
{
    // The second is what the framework leaves of the first once it has believed it.
    private static readonly string[] _ofProxies = ["X-Forwarded-For", "X-Original-For", "Forwarded"];

    /// <summary>Whether the request came from this machine, and no proxy on it says that it came from elsewhere.</summary>
    public static bool IsLocal(this HttpContext context) =>
        (context.Connection.RemoteIpAddress is not { } remote || IPAddress.IsLoopback(remote)) && !_ofProxies.Any(context.Request.Headers.ContainsKey);
}
