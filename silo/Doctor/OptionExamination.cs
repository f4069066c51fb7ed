using System.Globalization;
using Lucid.Gateway.Limits;
using Lucid.Silo.Configuration;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Doctor;

/// <summary>What is unsafe of options that are acceptable. Decides by the options alone.</summary>
internal static class OptionExamination
{
    private const int MuchMore = 10;

    // More than a provider gives a customer is not one's own proxies.
    private const int WidestIPv4 = 8;
    private const int WidestIPv6 = 32;

    public static IEnumerable<UnsafeSetting> Find(NodeOptions options)
    {
        var access = options.Access;
        if (access is { Domain: { } domain, Certificate: null, TrustedProxies: null } && !domain.EndsWith(".onion", StringComparison.Ordinal))
        {
            yield return new("access.domain", domain,
                "there is neither a certificate nor a trusted proxy, so it is reached through a proxy that is not named, over HTTP, and all who come are one stranger with one limit",
                "Name the proxy in access.trustedProxies, or give access.certificate and access.certificateKey");
        }
        foreach (var proxy in access.Proxies.Where(proxy => proxy.PrefixLength < (proxy.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? WidestIPv6 : WidestIPv4)))
        {
            yield return new("access.trustedProxies", proxy.ToString(), "whoever has an address there can say to be anybody, and have as many limits as there are addresses",
                "Name the proxies themselves");
        }
        if (access.AllowedOrigins.Contains("*", StringComparer.Ordinal))
            yield return new("access.origins", "*", "the page of any origin may call the API with a token that it was given", "Name the origins of your own pages");
        foreach (var range in LimitOptions.Ranges)
        {
            var name = OptionRanges.NameOf("limits", range.Name);
            if (range.Value(options.Limits) is int value && range.Value(new LimitOptions()) is int usual && value > (long)usual * MuchMore)
                yield return new(name, value.ToString("#,0", CultureInfo.InvariantCulture), $"that is more than {MuchMore} times the default of {usual.ToString("#,0", CultureInfo.InvariantCulture)}, and limits little", "Lower it, or leave it out");
        }
        if (options.Limits.LoginBlock < TimeSpan.FromSeconds(30))
            yield return new("limits.loginBlock", options.Limits.LoginBlock.ToString("c", CultureInfo.InvariantCulture), "whoever guesses may go on guessing", "Raise it to some minutes, or leave it out");
    }
}
