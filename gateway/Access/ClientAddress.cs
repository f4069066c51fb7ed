using System.Net;
using System.Net.Sockets;

namespace Lucid.Gateway.Access;

/// <summary>Whom an address stands for.</summary>
internal static class ClientAddress
{
    public const string Loopback = "loopback";

    // What a provider gives one subscriber, who can use every address of it.
    private const int SubscriberBytes = 8;

    /// <summary>One text for all addresses that one subscriber has: an IPv4 address, the /64 of an IPv6 one, or <see cref="Loopback"/>.</summary>
    /// <param name="address">Null where the connection has none, as a Unix socket.</param>
    public static string Subscriber(IPAddress? address)
    {
        if (address is null || IPAddress.IsLoopback(address))
            return Loopback;
        if (address.IsIPv4MappedToIPv6)
            return Subscriber(address.MapToIPv4());
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[SubscriberBytes..].Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
