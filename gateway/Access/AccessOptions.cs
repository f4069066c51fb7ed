using System.Net;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Access;

/// <summary>Who may reach the gateway beside whoever is on its machine, and by what way. Lists are separated by semicolons.</summary>
public sealed record AccessOptions
{
    /// <summary>
    /// The name by which people reach it, lower case, without scheme and port, at most 154 characters, since wallets sign it; an onion address is one too.
    /// Requests under another are refused, but for those of the machine itself. None by default: then any name does.
    /// </summary>
    public string? Domain { get; init; }

    /// <summary>PEM file of the certificate for that name, with those between it and its authority. With it https may be reached from elsewhere.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file of its private key. Read anew, as the certificate is, when it changes.</summary>
    public string? CertificateKey { get; init; }

    /// <summary>
    /// Addresses, or CIDR, of the proxies whose X-Forwarded-For, -Proto and -Host are believed, such as 127.0.0.1;10.0.0.0/24. None by
    /// default: then anybody could write anything there, so nobody's is read.
    /// </summary>
    public string? TrustedProxies { get; init; }

    /// <summary>Origins whose pages may call the API, such as https://app.example.org, or * for all. None by default: no answer allows any.</summary>
    public string? Origins { get; init; }

    /// <summary>Whether whoever has a wallet becomes a user by signing in; else an administrator admits them before. Default false.</summary>
    public bool AdmitStrangers { get; init; }

    /// <summary>Whether anybody but this machine is meant to reach it.</summary>
    public bool IsPublic => Certificate is not null || Proxies.Count > 0;

    /// <summary>Those of <see cref="TrustedProxies"/>.</summary>
    public IReadOnlyList<IPNetwork> Proxies => [.. Split(TrustedProxies).Select(Network).OfType<IPNetwork>()];

    /// <summary>Those of <see cref="Origins"/>.</summary>
    public IReadOnlyList<string> AllowedOrigins => Split(Origins);

    /// <summary>One sentence per value that is not acceptable, whatever the others are.</summary>
    public IEnumerable<string> FindMistakes()
    {
        if (Domain is not null && (Uri.CheckHostName(Domain) != UriHostNameType.Dns || Domain.Any(char.IsAsciiLetterUpper)))
            yield return $"access.domain is '{Domain}'; give a name in lower case without scheme and port, such as lucid.example.org.";
        // Else nobody could sign in, and each who tried would find a fault of ours.
        else if (Domain is not null && LoginMessage.FindProblem(Domain) is { } problem)
            yield return $"access.domain cannot stand in what a wallet signs. {problem}";
        if (Certificate is null != CertificateKey is null)
            yield return $"access.{(Certificate is null ? "certificate" : "certificateKey")} is missing; give both of certificate and certificateKey, or none.";
        foreach (var proxy in Split(TrustedProxies).Where(proxy => Network(proxy) is null))
            yield return $"access.trustedProxies has '{proxy}'; give an address or a CIDR such as 10.0.0.0/24. Everywhere is no proxy.";
        foreach (var origin in Split(Origins).Where(origin => !IsOrigin(origin)))
            yield return $"access.origins has '{origin}'; give scheme and host without a path, such as https://app.example.org.";
    }

    private static string[] Split(string? list) => list?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static IPNetwork? Network(string text) =>
        IPNetwork.TryParse(text, out var network) && network.PrefixLength > 0 ? network
        : IPAddress.TryParse(text, out var address) && (address.ToString() == text || text.Contains(':', StringComparison.Ordinal)) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;

    private static bool IsOrigin(string text) =>
        text == "*" || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase));
}
