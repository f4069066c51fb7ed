using System.Data.Common;
using System.Globalization;
using Lucid.Gateway.Access;
using Lucid.Gateway.Access.Tokens;
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

    // A limit that goes to a tenth lets a tenth of the callers shut out the rest.
    private const int MuchLess = 10;

    private static readonly string[] _passwords = ["Password", "Pwd", "PSW"];
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestRotation = TimeSpan.FromDays(90);
    private static readonly TimeSpan _longestCircuit = TimeSpan.FromMinutes(5);

    public static IEnumerable<UnsafeSetting> Find(NodeOptions options) =>
        [.. Access(options.Access), .. Limits(options.Limits), .. Tokens(options.Tokens), .. Storage(options), .. Cluster(options)];

    private static IEnumerable<UnsafeSetting> Access(AccessOptions access)
    {
        if (access is { Domain: { } domain, Certificate: null, TrustedProxies: null } && !domain.EndsWith(".onion", StringComparison.Ordinal))
        {
            yield return new("access.domain", domain,
                "there is neither a certificate nor a trusted proxy, so it is reached through a proxy that is not named, over HTTP, and all who come are one stranger with one limit",
                "Name the proxy in access.trustedProxies, or give access.certificate and access.certificateKey");
        }
        if (access is { IsPublic: true, Domain: null })
        {
            yield return new("access.domain", "none", "others reach this under any name, so that a page of another one that leads here can call it, and people can be asked to sign in under it",
                "Give the name by which people reach it");
        }
        foreach (var proxy in access.Proxies.Where(proxy => proxy.PrefixLength < (proxy.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? WidestIPv6 : WidestIPv4)))
        {
            yield return new("access.trustedProxies", proxy.ToString(), "whoever has an address there can say to be anybody, and have as many limits as there are addresses",
                "Name the proxies themselves");
        }
        if (access.AllowedOrigins.Contains("*", StringComparer.Ordinal))
            yield return new("access.origins", "*", "the page of any origin may call the API with a token that it was given", "Name the origins of your own pages");
        if (access.AdmitStrangers)
        {
            yield return new("access.admitStrangers", "true", "whoever makes up a wallet becomes a user, who records here and has limits of their own, and can have any number of wallets",
                "Leave it out, and admit people with `lucid users admit ADDRESS`");
        }
    }

    private static IEnumerable<UnsafeSetting> Limits(LimitOptions limits)
    {
        foreach (var range in LimitOptions.Ranges)
        {
            var name = OptionRanges.NameOf("limits", range.Name);
            if (range.Value(limits) is int value && range.Value(new LimitOptions()) is int usual && value > (long)usual * MuchMore)
                yield return new(name, Number(value), $"that is more than {MuchMore} times the default of {Number(usual)}, and limits little", "Lower it, or leave it out");
        }
        var partitions = new LimitOptions().Partitions;
        if (limits.Partitions < partitions / MuchLess)
        {
            yield return new("limits.partitions", Number(limits.Partitions),
                $"that is less than a tenth of the default of {Number(partitions)}, so whoever has as many addresses makes all other strangers share one limit", "Raise it, or leave it out");
        }
        if (limits.AloneShare > 0.5)
        {
            yield return new("limits.aloneShare", limits.AloneShare.ToString(CultureInfo.InvariantCulture),
                "while the gateways of a cluster cannot ask each other, two of them give more than each limit, and whoever shuts the grains off lifts the limits", "Lower it to 0.25, or leave it out");
        }
        if (limits.LoginBlock < TimeSpan.FromSeconds(30))
            yield return new("limits.loginBlock", Time(limits.LoginBlock), "whoever guesses may go on guessing", "Raise it to some minutes, or leave it out");
        if (limits.CircuitOpen > _longestCircuit)
            yield return new("limits.circuitOpen", Time(limits.CircuitOpen), "whoever keeps a grain from answering shuts it off for so long for everybody", "Lower it to 30 s, or leave it out");
    }

    private static IEnumerable<UnsafeSetting> Tokens(TokenOptions tokens)
    {
        if (tokens.RotateEvery > _longestRotation)
            yield return new("tokens.rotateEvery", Time(tokens.RotateEvery), "whoever copies a key that signs tokens lets themselves in for so long", "Lower it to 30 d, or leave it out");
        if (tokens.NewsEvery > _soon)
            yield return new("tokens.newsEvery", Time(tokens.NewsEvery), "a token that was revoked is believed for so long, and not for a second at most", "Lower it to 300 ms, or leave it out");
        if (tokens.NewsWithin > _soon)
        {
            yield return new("tokens.newsWithin", Time(tokens.NewsWithin), "where nobody says what was revoked, a token that was is believed for so long, and not for a second at most",
                "Lower it to 1 s, or leave it out");
        }
    }

    private static IEnumerable<UnsafeSetting> Storage(NodeOptions options)
    {
        if (options.Recording.FreeSpaceReserve < 0.01)
        {
            yield return new("recording.freeSpaceReserve", options.Recording.FreeSpaceReserve.ToString(CultureInfo.InvariantCulture),
                "recordings fill the disk to the last byte, on which the ledger and the audit log need room too, and without an audit log no administrator does anything", "Raise it to 0.05, or leave it out");
        }
        // A node that only its own machine reaches is where development is done.
        if (options.Mail.Folder is { } folder && (options.Access.IsPublic || options.Access.Domain is not null || options.Role != NodeRole.Node))
        {
            yield return new("mail.folder", folder, "links to sign in lie there as files for whoever reads them, and reach nobody, while others reach this node",
                "Give mail.server, mail.user and mail.passwordFile instead");
        }
    }

    private static IEnumerable<UnsafeSetting> Cluster(NodeOptions options)
    {
        if (options.Engine != EngineKind.Orleans)
            yield break;
        if (options.Cluster.Certificate is null)
        {
            yield return new("cluster.certificate", "none", "any process on this machine can call every grain in anybody's name",
                "Give cluster.certificate, cluster.certificateKey and cluster.authority, unless all who use the machine may do everything; docs/cluster-certificates.md says how to make them");
        }
        if (options.Cluster.Database is { } database && HasPassword(database))
        {
            yield return new("cluster.database", "a connection string with its password",
                "whoever reads the node's configuration, a copy of it or the process's environment has the database, and with it can let themselves in as any user",
                "Put it in a file of mode 600, and name that in cluster.databaseFile");
        }
    }

    /// <summary>The names under which Npgsql takes one. The options were checked: it is a connection string.</summary>
    private static bool HasPassword(string connection)
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = connection };
        return _passwords.Any(name => parts.TryGetValue(name, out var value) && value.ToString() is { Length: > 0 });
    }

    private static string Number(int value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Time(TimeSpan value) => value.ToString("c", CultureInfo.InvariantCulture);
}
