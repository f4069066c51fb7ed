using Lucid.Gateway.Access;
using Lucid.Silo.Certificates;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Doctor;

/// <summary>What is wrong with certificates, or soon will be.</summary>
internal static class CertificateExamination
{
    private const string ServerOption = "access.certificate";
    private const string ClusterOption = "cluster.certificate";
    private static readonly TimeSpan _notice = TimeSpan.FromDays(14);

    public static IEnumerable<UnsafeSetting> Find(NodeOptions options, TimeProvider clock) =>
        [.. Examine(ServerOption, options.Access.Certificate, path => OfServer(options.Access, path, clock)), .. Examine(ClusterOption, options.Cluster.Certificate, path => OfCluster(options.Cluster, path, clock))];

    /// <param name="path">Null where the options name none.</param>
    private static List<UnsafeSetting> Examine(string option, string? path, Func<string, List<UnsafeSetting>> look)
    {
        try
        {
            return path is null ? [] : look(path);
        }
        catch (InvalidDataException mistake)
        {
            return [new(option, path, $"it cannot be used: {mistake.Message.ReplaceLineEndings(" ").TrimEnd('.')}", "Mend that")];
        }
    }

    private static List<UnsafeSetting> OfServer(AccessOptions access, string path, TimeProvider clock)
    {
        var found = new List<UnsafeSetting>();
        using var certificate = ServerCertificate.Look(path, access.CertificateKey!);
        if (Expiry(ServerOption, path, ClusterCertificates.NotAfter(certificate), clock.GetUtcNow()) is { } soon)
            found.Add(soon);
        if (access.Domain is { } domain && !certificate.MatchesHostname(domain))
            found.Add(new(ServerOption, path, $"it is not for {domain}, so nobody can tell this from somebody else's", "Get one for that name, or correct access.domain"));
        return found;
    }

    private static List<UnsafeSetting> OfCluster(ClusterOptions cluster, string path, TimeProvider clock)
    {
        using var certificates = HostParts.ReadCertificates(cluster, clock);
        return certificates is not null && Expiry(ClusterOption, path, certificates.ExpiresAt, clock.GetUtcNow()) is { } soon ? [soon] : [];
    }

    private static UnsafeSetting? Expiry(string option, string path, DateTimeOffset expiry, DateTimeOffset now) =>
        expiry - now > _notice ? null
        : expiry <= now ? new(option, path, $"it expired at {expiry:u}", "Replace it")
        : new(option, path, $"it expires at {expiry:u}, in {(int)(expiry - now).TotalDays} days", "Replace it before; whatever renews it seems not to run");
}
