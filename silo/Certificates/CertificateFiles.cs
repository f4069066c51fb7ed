using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Certificates;

/// <summary>Reads PEM files, and says what is wrong with each and how to mend it.</summary>
internal static class CertificateFiles
{
    private const string AuthorityOption = "cluster.authority";
    private const string CertificateLabel = "CERTIFICATE";

    /// <param name="option">What a message calls it.</param>
    public static string CertificateText(string option, string path)
    {
        var text = ReadText(option, path);
        return Labels(text).Contains(CertificateLabel, StringComparer.Ordinal) ? text : throw NoCertificate(option, path);
    }

    /// <param name="option">What a message calls it.</param>
    public static string KeyText(string option, string path)
    {
        var text = ReadText(option, path);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~DurableFile.OwnerOnly) != UnixFileMode.None)
            throw new InvalidDataException($"{option}: others may read or change {path}; run: chmod 600 '{path}'");
        var labels = Labels(text).ToList();
        if (labels.Contains("ENCRYPTED PRIVATE KEY") || text.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
            throw new InvalidDataException($"{option}: {path} is encrypted, and nobody is there to say the passphrase when a node starts; run: openssl pkey -in '{path}' -out KEYFILE");
        return labels.Exists(label => label.EndsWith("PRIVATE KEY", StringComparison.Ordinal))
            ? text
            : throw new InvalidDataException($"{option}: {path} holds no private key; it should hold a part that begins with -----BEGIN PRIVATE KEY-----");
    }

    /// <summary>The certificate with its key.</summary>
    public static X509Certificate2 Join((string Option, string Path, string Text) certificate, (string Option, string Path, string Text) key)
    {
        using var alone = Parse(certificate.Option, certificate.Path, () => X509Certificate2.CreateFromPem(certificate.Text));
        try
        {
            return X509Certificate2.CreateFromPem(certificate.Text, key.Text);
        }
        // Of another pair, of another kind, or damaged: it cannot be told which.
        catch (Exception refused) when (refused is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"{key.Option}: {key.Path} is not the private key of {certificate.Path}; give the key that this certificate was made with", refused);
        }
    }

    /// <summary>One, or while it is being replaced the old and the new one.</summary>
    public static X509Certificate2Collection Authorities(string path, DateTimeOffset now)
    {
        var text = ReadText(AuthorityOption, path);
        var authorities = new X509Certificate2Collection();
        Parse(AuthorityOption, path, () =>
        {
            authorities.ImportFromPem(text);
            return authorities;
        });
        if (authorities.Count == 0)
            throw NoCertificate(AuthorityOption, path);
        foreach (var authority in authorities)
        {
            if (Fault(authority) is { } fault)
                throw new InvalidDataException($"{AuthorityOption}: {path} holds '{authority.Subject}', which {fault}");
            if (ClusterCertificates.TimeFault(authority, now) is { } untimely)
                throw new InvalidDataException($"{AuthorityOption}: {path} holds '{authority.Subject}', which {untimely}; take it out, or make a new authority (docs/cluster-certificates.md)");
        }
        return authorities;
    }

    private static string? Fault(X509Certificate2 authority)
    {
        var basic = authority.Extensions.OfType<X509BasicConstraintsExtension>().SingleOrDefault();
        var usage = authority.Extensions.OfType<X509KeyUsageExtension>().SingleOrDefault();
        if (basic is not { CertificateAuthority: true } || usage?.KeyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign) == false)
            return "is no authority and may sign no certificates; give the certificate of whoever signed the node's";
        // A chain has to end somewhere: trusting one of the middle would need the whole chain from each node, and they send but their own.
        return authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData)
            ? null
            : $"was itself signed by '{authority.Issuer}'; make an authority for the cluster alone (docs/cluster-certificates.md)";
    }

    private static string ReadText(string option, string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"{option}: there is no {path}; correct the option, or make the file ({Page(option)})", missing);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{option}: {path} cannot be read ({refused.Message}); give a file that the user who runs Lucid may read", refused);
        }
    }

    private static T Parse<T>(string option, string path, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (CryptographicException damaged)
        {
            throw new InvalidDataException($"{option}: {path} holds something else than a certificate ({damaged.Message}), or is damaged; copy or make it again ({Page(option)})", damaged);
        }
    }

    private static InvalidDataException NoCertificate(string option, string path) =>
        new($"{option}: {path} holds no certificate; it should hold a part that begins with -----BEGIN CERTIFICATE-----");

    private static string Page(string option) => option.StartsWith("access.", StringComparison.Ordinal) ? "docs/access.md" : "docs/cluster-certificates.md";

    private static IEnumerable<string> Labels(string text)
    {
        for (var rest = text.AsMemory(); PemEncoding.TryFind(rest.Span, out var fields); rest = rest[fields.Location.End..])
            yield return rest[fields.Label].ToString();
    }
}
