using Lucid.Gateway.Access;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Lucid.Gateway.Auth;

/// <summary>Where people sign in: the configured domain, or else where the server listens.</summary>
public sealed class LoginPlace(AccessOptions options, IServer server)
{
    /// <summary>Name, and port where it listens on one that is not the scheme's own.</summary>
    public string Domain => options.Domain ?? Listening.Authority;

    /// <summary>Without a path. An onion address needs no TLS: its name is its key.</summary>
    public string Url => options.Domain is { } domain ? $"{(domain.EndsWith(".onion", StringComparison.Ordinal) ? "http" : "https")}://{domain}" : Listening.GetLeftPart(UriPartial.Authority);

    /// <summary>The name alone.</summary>
    public string Host => options.Domain ?? Listening.Host;

    private Uri Listening => new(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
}
