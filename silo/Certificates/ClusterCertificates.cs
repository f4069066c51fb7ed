using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Certificates;

/// <summary>
/// What this process proves itself with to the silos and gateways of its cluster, and the one judgement of what they prove themselves with:
/// signed by the cluster's authority, at a time at which the certificate is valid, for use as server and as client.
/// Names are not compared: nodes are known by the name in their messages and change their addresses, and whoever holds a certificate of the
/// authority is of the cluster, which is one domain of trust. What must not rest on that is signed with keys of a node's own.
/// Nothing is asked of the system's authorities, and nothing is fetched: a certificate is withdrawn by replacing the authority.
/// Read once, so that new files need a restart, and a node that runs is not stopped by a file that is being written.
/// </summary>
public sealed class ClusterCertificates : IDisposable
{
    // Of the extended key usage: to serve TLS, and to call over it. Each node does both.
    private static readonly string[] _uses = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];

    private const string CertificateOption = "cluster.certificate";
    private const string KeyOption = "cluster.certificateKey";

    private const X509ChainStatusFlags UnsignedFlags =
        X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid;
    private const string Unsigned = "was not signed by the cluster's authority";

    // Whoever reaches the port can be refused as often as it likes, and must not fill the disk with that.
    private static readonly TimeSpan _quiet = TimeSpan.FromSeconds(1);

    private readonly X509Certificate2Collection _authorities;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;

    // In UTC ticks: until then no refusal is logged.
    private long _quietUntil;

    private ClusterCertificates(X509Certificate2 certificate, X509Certificate2Collection authorities, TimeProvider clock, ILogger log) =>
        (Certificate, _authorities, _clock, _log) = (certificate, authorities, clock, log);

    /// <summary>This process's own, with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>When the first of the certificates read here expires: from then on no new connection comes about.</summary>
    public DateTimeOffset ExpiresAt => _authorities.Append(Certificate).Min(NotAfter);

    /// <summary>Null where the options name no certificate, as they may while nothing is reached from beyond loopback.</summary>
    /// <exception cref="InvalidDataException">A file cannot be used; the message has a line for each, with the cure.</exception>
    public static ClusterCertificates? Read(ClusterOptions options, TimeProvider clock, ILogger<ClusterCertificates> log)
    {
        if (options is { Certificate: null, CertificateKey: null, Authority: null })
            return null;
        if (options is not { Certificate: { } certificatePath, CertificateKey: { } keyPath, Authority: { } authorityPath })
            throw new InvalidOperationException("The options were not checked: some of cluster.certificate, cluster.certificateKey and cluster.authority are not given.");
        var mistakes = new List<string>();
        var authorities = Try(() => CertificateFiles.Authorities(authorityPath, clock.GetUtcNow()));
        var text = Try(() => CertificateFiles.CertificateText(CertificateOption, certificatePath));
        var key = Try(() => CertificateFiles.KeyText(KeyOption, keyPath));
        var own = text is null || key is null ? null : Try(() => CertificateFiles.Join((CertificateOption, certificatePath, text), (KeyOption, keyPath, key)));
        if (own is not null && authorities is not null)
        {
            var certificates = new ClusterCertificates(own, authorities, clock, log);
            if (certificates.Fault(own) is not { } fault)
                return certificates;
            mistakes.Add($"{CertificateOption}: {certificatePath} {fault}; make a new one with the authority's key (docs/cluster-certificates.md)");
        }
        own?.Dispose();
        throw new InvalidDataException(string.Join('\n', mistakes));

        T? Try<T>(Func<T> read) where T : class
        {
            try
            {
                return read();
            }
            catch (InvalidDataException mistake)
            {
                mistakes.Add(mistake.Message);
                return null;
            }
        }
    }

    /// <summary>Whether whoever proved to hold this certificate's key is of the cluster. Logs why not.</summary>
    public bool IsTrusted(X509Certificate2 peer)
    {
        if (Fault(peer) is not { } fault)
            return true;
        var now = _clock.GetUtcNow();
        var quietUntil = Interlocked.Read(ref _quietUntil);
        if (now.UtcTicks >= quietUntil && Interlocked.CompareExchange(ref _quietUntil, (now + _quiet).UtcTicks, quietUntil) == quietUntil)
            _log.LogWarning("Refused a connection: the certificate of '{Name}' {Fault}", NameOf(peer), fault);
        return false;
    }

    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var authority in _authorities)
            authority.Dispose();
    }

    internal static DateTimeOffset NotBefore(X509Certificate2 certificate) => new(certificate.NotBefore.ToUniversalTime());

    internal static DateTimeOffset NotAfter(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());

    /// <summary>What is wrong with a certificate at this time, as the rest of a sentence; null where nothing is.</summary>
    internal static string? TimeFault(X509Certificate2 certificate, DateTimeOffset now) =>
        now < NotBefore(certificate) ? $"is not valid before {NotBefore(certificate):u}, and this machine's clock says {now:u}"
        : now >= NotAfter(certificate) ? $"expired at {NotAfter(certificate):u}, and this machine's clock says {now:u}"
        : null;

    /// <summary>Why a certificate is not of the cluster, as the rest of a sentence; null where it is.</summary>
    private string? Fault(X509Certificate2 certificate)
    {
        // One after the other: of two with one name, as the old and the new one may have, only the first would be looked at.
        string? fault = null;
        foreach (var authority in _authorities)
        {
            var here = Fault(certificate, authority);
            if (here is null)
                return null;
            fault = here == Unsigned ? fault : here;
        }
        return fault ?? Unsigned;
    }

    private string? Fault(X509Certificate2 certificate, X509Certificate2 authority)
    {
        var now = _clock.GetUtcNow();
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // A certificate may name where its issuer's is to be had, and whoever sends it would decide what this machine asks for there.
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        foreach (var use in _uses)
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(use));
        if (chain.Build(certificate))
            return null;
        // Whose signature is not there says nothing else that is worth reading.
        var faults = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        if ((faults & UnsignedFlags) != X509ChainStatusFlags.NoError)
            return Unsigned;
        if (TimeFault(certificate, now) is { } untimely)
            return untimely;
        if (faults.HasFlag(X509ChainStatusFlags.NotTimeValid))
            return "was signed by an authority that is not valid now";
        return faults.HasFlag(X509ChainStatusFlags.NotValidForUsage)
            ? "is not for use as server and as client, and a node is both"
            : $"is not valid ({faults})";
    }

    /// <summary>Chosen by whoever sent it, so not more of it than a log can bear.</summary>
    private static string NameOf(X509Certificate2 certificate) =>
        string.Concat(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false).Take(64).Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));
}
