using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lucid.Silo.Hosting;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Tests.Certificates;

/// <summary>An authority of a test's own, valid for five years before and after a time. All have one name: their keys must tell them apart.</summary>
internal sealed class TestAuthority(DateTimeOffset now) : IDisposable
{
    public const string ServerUse = "1.3.6.1.5.5.7.3.1";
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";

    public X509Certificate2 Certificate { get; } = SelfSigned("Lucid cluster authority", now.AddYears(-5), now.AddYears(5));

    public static X509Certificate2 SelfSigned(string name, DateTimeOffset from, DateTimeOffset until, bool maySign = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Request(name, key, maySign).CreateSelfSigned(from, until);
    }

    /// <param name="uses">Of the extended key usage: both that a node needs unless given, and no such extension where empty.</param>
    /// <param name="maySign">Makes it an authority below this one.</param>
    public X509Certificate2 Issue(string name, DateTimeOffset? from = null, DateTimeOffset? until = null, string[]? uses = null, bool maySign = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(name, key, maySign);
        if (uses is not [])
        {
            var oids = new OidCollection();
            foreach (var use in uses ?? [ServerUse, ClientUse])
                oids.Add(new Oid(use));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, critical: false));
        }
        using var signed = request.Create(Certificate, from ?? now.AddDays(-1), until ?? now.AddYears(1), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>The three files of a node, as its options name them.</summary>
    public ClusterOptions Write(string folder, X509Certificate2 node)
    {
        var options = new ClusterOptions
        {
            Certificate = Path.Combine(folder, "node.pem"),
            CertificateKey = Path.Combine(folder, "node.key"),
            Authority = Path.Combine(folder, "authority.pem"),
        };
        File.WriteAllText(options.Certificate, node.ExportCertificatePem());
        WriteKey(options.CertificateKey, node);
        File.WriteAllText(options.Authority, Certificate.ExportCertificatePem());
        return options;
    }

    public static void WriteKey(string path, X509Certificate2 node)
    {
        using var key = node.GetECDsaPrivateKey()!;
        File.WriteAllText(path, key.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, DurableFile.OwnerOnly);
    }

    public void Dispose() => Certificate.Dispose();

    private static CertificateRequest Request(string name, ECDsa key, bool maySign)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(maySign, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(maySign ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, critical: true));
        return request;
    }
}
