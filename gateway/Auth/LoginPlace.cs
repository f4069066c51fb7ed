using System.Net;
using System.Net.Sockets;
using Lucid.Gateway.Access;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Lucid.Gateway.Auth;

/// <summary>
/// Where people sign in: the configured domain, or else the first address where the server listens that can stand in what a wallet signs. No IPv6
/// address can, but loopback's has a name.
/// </summary>
public sealed class LoginPlace(AccessOptions options, IServer server)
{
    /// <summary>Name, and port where it listens on one that is not the scheme's own.</summary>
    public string Domain => options.Domain ?? Listening.Authority;

    /// <summary>Without a path. An onion address needs no TLS: its name is its key.</summary>
    public string Url => options.Domain is { } domain ? $"{(domain.EndsWith(".onion", StringComparison.Ordinal) ? "http" : "https")}://{domain}" : Listening.GetLeftPart(UriPartial.Authority);

    /// <summary>The name alone.</summary>
    public string Host => options.Domain ?? Listening.Host;

    private Uri Listening => FindListening() ?? throw new InvalidOperationException(FindProblem());

    private ICollection<string> Addresses => server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];

    /// <summary>What is wrong with where it listens and what to do, or null where people can sign in. Known once the server listens.</summary>
    public string? FindProblem() => options.Domain is not null || FindListening() is not null
        ? null
        : $"Nobody could sign in: a wallet signs by which name this is reached, and {string.Join(", ", Addresses)} is none that it can sign. Give access.domain, or listen on http://127.0.0.1:PORT too.";

    private Uri? FindListening() => Addresses.Select(Named).FirstOrDefault(url => url is not null && LoginMessage.FindProblem(url.Authority) is null);

    /// <summary>An address as people would write it; null where it is everybody's, and so leads nowhere.</summary>
    private static Uri? Named(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url))
            return null;
        if (!IPAddress.TryParse(url.Host, out var ip))
            return url;
        if (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
            return null;
        return ip.AddressFamily == AddressFamily.InterNetworkV6 && IPAddress.IsLoopback(ip) ? new UriBuilder(url) { Host = "localhost" }.Uri : url;
    }
}
