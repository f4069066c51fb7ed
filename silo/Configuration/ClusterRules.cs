using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Lucid.Evidence.Ledger;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Configuration;

/// <summary>What the options of a cluster must be, beyond their ranges. No sentence quotes the connection string, which is secret.</summary>
internal static class ClusterRules
{
    public static IEnumerable<OptionMistake> Find(NodeOptions options)
    {
        var cluster = options.Cluster;
        if (options.Engine == EngineKind.Embedded)
        {
            // Whoever wrote them believes that a cluster runs; a node that starts alone would say so much later, or never.
            if (cluster != new ClusterOptions())
                yield return new("cluster has options, but engine is embedded, which has no cluster; say engine: orleans, or leave cluster out", "engine");
            yield break;
        }
        if (!LedgerName.IsValid(cluster.Id))
            yield return NodeRules.NoName("cluster.id", cluster.Id, "cluster.id");
        if (!LedgerName.IsValid(cluster.Ledger))
            yield return NodeRules.NoName("cluster.ledger", cluster.Ledger, "cluster.ledger");
        // Silos are told apart by it, and a gateway in the log of whoever looks for it.
        if (options.Name is null)
            yield return new("name is missing; in a cluster every silo and gateway has one of its own, such as silo-1", "engine", "name");
        foreach (var mistake in Database(cluster).Concat(Addresses(cluster)))
            yield return mistake;
    }

    private static IEnumerable<OptionMistake> Database(ClusterOptions cluster)
    {
        string[] both = ["engine", "cluster.database", "cluster.databaseFile"];
        if (cluster is { Database: null, DatabaseFile: null })
            yield return new("cluster.database is missing; give the PostgreSQL connection string, or in cluster.databaseFile a file that holds it", both);
        if (cluster is { Database: not null, DatabaseFile: not null })
            yield return new("cluster.database and cluster.databaseFile are both given; leave one out", both);
        if (cluster.Database is { } text && !IsConnectionString(text))
            yield return new("cluster.database is no connection string; give something like Host=127.0.0.1;Database=lucid;Username=lucid", "cluster.database");
        if (cluster.DatabaseFile is { Length: 0 })
            yield return new("cluster.databaseFile is empty; give the file that holds the connection string", "cluster.databaseFile");
    }

    private static bool IsConnectionString(string text)
    {
        try
        {
            return new DbConnectionStringBuilder { ConnectionString = text }.Count > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static IEnumerable<OptionMistake> Addresses(ClusterOptions cluster)
    {
        var beyond = new List<string>();
        var advertise = Address(cluster.Advertise);
        if (advertise is null || advertise.Equals(IPAddress.Any) || advertise.Equals(IPAddress.IPv6Any))
            yield return new($"cluster.advertise is '{cluster.Advertise}'; give the IP address at which the others reach this machine, such as 10.0.0.5", "cluster.advertise");
        else if (!IPAddress.IsLoopback(advertise))
            beyond.Add($"cluster.advertise is {cluster.Advertise}");

        if (!Uri.TryCreate(cluster.RecorderUrl, UriKind.Absolute, out var recorder) || !(recorder.Scheme is "http" or "https") || recorder.PathAndQuery != "/")
            yield return new($"cluster.recorderUrl is '{cluster.RecorderUrl}'; give something like https://10.0.0.5:8081", "cluster.recorderUrl");
        else if (!recorder.IsLoopback && recorder.Scheme == "http")
            yield return new($"cluster.recorderUrl is '{cluster.RecorderUrl}', where recordings would travel in the clear; off loopback give https", "cluster.recorderUrl");
        else if (!recorder.IsLoopback)
            beyond.Add($"cluster.recorderUrl is {cluster.RecorderUrl}");

        if (advertise is not null && !IPAddress.IsLoopback(advertise))
        {
            foreach (var (name, port) in new[] { ("cluster.siloPort", cluster.SiloPort), ("cluster.gatewayPort", cluster.GatewayPort) }.Where(port => port.Item2 == 0))
                yield return new($"{name} is {port}, a free port, which only loopback may have; give one that the others can be told, such as 11111", name, "cluster.advertise");
        }
        if (cluster.SiloPort == cluster.GatewayPort && cluster.SiloPort != 0)
            yield return new($"cluster.siloPort and cluster.gatewayPort are both {cluster.SiloPort}; give two different ports", "cluster.siloPort", "cluster.gatewayPort");
        if (Certificates(cluster, beyond) is { } mistake)
            yield return mistake;
    }

    /// <summary>All three or, where nothing is reached from elsewhere, none.</summary>
    private static OptionMistake? Certificates(ClusterOptions cluster, List<string> beyond)
    {
        (string Name, string? Value)[] files =
            [("cluster.certificate", cluster.Certificate), ("cluster.certificateKey", cluster.CertificateKey), ("cluster.authority", cluster.Authority)];
        var missing = files.Where(file => string.IsNullOrEmpty(file.Value)).Select(file => file.Name).ToList();
        string[] judgedBy = ["cluster.advertise", "cluster.recorderUrl", .. files.Select(file => file.Name)];
        var isHttps = cluster.RecorderUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        if (missing.Count == 0 || (missing.Count == files.Length && beyond.Count == 0 && !isHttps))
            return null;
        var why = beyond.Count > 0 ? $"{string.Join(" and ", beyond)}, beyond loopback, which needs mutual TLS" : isHttps && missing.Count == files.Length ? $"cluster.recorderUrl is {cluster.RecorderUrl}, which needs mutual TLS" : "mutual TLS needs all three PEM files";
        return new($"{string.Join(" and ", missing)} {(missing.Count == 1 ? "is" : "are")} missing: {why}; give {(missing.Count == 1 ? "it" : "them")}", judgedBy);
    }

    /// <summary>Null for what is no address. Not "1" or "10.1" either, which .NET takes for 0.0.0.1 and 10.0.0.1.</summary>
    private static IPAddress? Address(string text) =>
        IPAddress.TryParse(text, out var address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text) ? address : null;
}
