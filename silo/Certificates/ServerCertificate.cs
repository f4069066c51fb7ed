using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Lucid.Gateway.Access;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Lucid.Silo.Certificates;

/// <summary>
/// The certificate that whoever calls over https is shown. Read anew within ten seconds after its files have changed, because it is replaced every
/// few weeks by a program that knows nothing of us; where the new one is no good the old one stays, and the log says why.
/// </summary>
internal sealed class ServerCertificate
{
    private const string CertificateOption = "access.certificate";
    private const string KeyOption = "access.certificateKey";
    private static readonly TimeSpan _looksEvery = TimeSpan.FromSeconds(10);

    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly long _start;
    private volatile SslStreamCertificateContext _shown;

    // Both belong to whoever has moved the time of the next look on.
    private (DateTime, DateTime) _stamp;
    private long _looksAt;

    private ServerCertificate(string certificatePath, string keyPath, TimeProvider clock, ILogger log)
    {
        (_certificatePath, _keyPath, _clock, _log, _start) = (certificatePath, keyPath, clock, log, clock.GetTimestamp());
        (_stamp, _looksAt) = (Stamp(), _looksEvery.Ticks);
        _shown = Load(certificatePath, keyPath);
    }

    /// <summary>Null where the options name none.</summary>
    /// <exception cref="InvalidDataException">A file cannot be used; the message says which, and the cure.</exception>
    public static ServerCertificate? Read(AccessOptions access, TimeProvider clock, ILogger<ServerCertificate> log) =>
        access is { Certificate: { } certificate, CertificateKey: { } key } ? new ServerCertificate(certificate, key, clock, log) : null;

    /// <summary>The certificate alone, as it is in the files now.</summary>
    /// <exception cref="InvalidDataException">A file cannot be used; the message says which, and the cure.</exception>
    public static X509Certificate2 Look(string certificatePath, string keyPath) => Load(certificatePath, keyPath).TargetCertificate;

    /// <summary>Lets an endpoint speak TLS 1.3 and nothing older, with this certificate.</summary>
    public void Serve(HttpsConnectionAdapterOptions https)
    {
        https.SslProtocols = SslProtocols.Tls13;
        // The server wants one to begin with; what counts is the context, which sends those between it and its authority too.
        https.ServerCertificateSelector = (_, _) => _shown.TargetCertificate;
        https.OnAuthenticate = (_, tls) =>
        {
            tls.ServerCertificateSelectionCallback = null;
            tls.ServerCertificateContext = Current();
        };
    }

    private SslStreamCertificateContext Current()
    {
        var (now, at) = (_clock.GetElapsedTime(_start), Interlocked.Read(ref _looksAt));
        if (now.Ticks < at || Interlocked.CompareExchange(ref _looksAt, (now + _looksEvery).Ticks, at) != at)
            return _shown;
        var stamp = Stamp();
        if (stamp == _stamp)
            return _shown;
        _stamp = stamp;
        try
        {
            _shown = Load(_certificatePath, _keyPath);
            _log.LogInformation("Shows a new certificate, valid until {Until:u}", ClusterCertificates.NotAfter(_shown.TargetCertificate));
        }
        catch (InvalidDataException mistake)
        {
            _log.LogWarning("The new certificate is not used, and the old one still is: {Mistake}", mistake.Message);
        }
        return _shown;
    }

    private (DateTime, DateTime) Stamp() => (File.GetLastWriteTimeUtc(_certificatePath), File.GetLastWriteTimeUtc(_keyPath));

    private static SslStreamCertificateContext Load(string certificatePath, string keyPath)
    {
        var text = CertificateFiles.CertificateText(CertificateOption, certificatePath);
        var certificate = CertificateFiles.Join((CertificateOption, certificatePath, text), (KeyOption, keyPath, CertificateFiles.KeyText(KeyOption, keyPath)));
        var all = new X509Certificate2Collection();
        all.ImportFromPem(text);
        // Offline: what is missing between it and its authority is not fetched from wherever the certificate says.
        return SslStreamCertificateContext.Create(certificate, all, offline: true);
    }
}
