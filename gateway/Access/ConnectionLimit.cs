using System.Collections.Concurrent;
using System.Net;
using Lucid.Gateway.Limits;
using Microsoft.AspNetCore.Connections;

namespace Lucid.Gateway.Access;

/// <summary>
/// Keeps one address from taking all of the server's connections. Not loopback and trusted proxies, behind which are many: those have the
/// server's own bound only.
/// </summary>
internal sealed class ConnectionLimit(LimitOptions limits, AccessOptions access)
{
    // By subscriber; no more of them than there are connections.
    private readonly ConcurrentDictionary<string, int> _open = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<IPNetwork> _proxies = access.Proxies;

    public ConnectionDelegate Limit(ConnectionDelegate next) => async connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        var subscriber = ClientAddress.Subscriber(address);
        if (subscriber == ClientAddress.Loopback || _proxies.Any(proxy => proxy.Contains(address!.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)))
        {
            await next(connection);
            return;
        }
        try
        {
            if (_open.AddOrUpdate(subscriber, 1, (_, open) => open + 1) <= limits.ConnectionsPerAddress)
                await next(connection);
            else
                connection.Abort(new ConnectionAbortedException("The address has too many connections already."));
        }
        finally
        {
            Leave(subscriber);
        }
    };

    private void Leave(string subscriber)
    {
        if (_open.AddOrUpdate(subscriber, 0, (_, open) => open - 1) == 0)
            _open.TryRemove(KeyValuePair.Create(subscriber, 0));
    }
}
