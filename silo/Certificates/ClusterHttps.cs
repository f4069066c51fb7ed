using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Lucid.Silo.Certificates;

/// <summary>HTTP between the processes of a cluster: TLS 1.3 only, and both sides prove that they are of it.</summary>
public static class ClusterHttps
{
    /// <summary>Lets nobody call this endpoint but processes of the cluster.</summary>
    public static void Serve(this ClusterCertificates certificates, HttpsConnectionAdapterOptions https)
    {
        https.ServerCertificate = certificates.Certificate;
        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        https.ClientCertificateValidation = (peer, _, _) => certificates.IsTrusted(peer);
        https.SslProtocols = SslProtocols.Tls13;
        https.OnAuthenticate = (_, tls) => tls.CertificateChainPolicy = Unasked();
    }

    /// <summary>Calls endpoints of the cluster, and those only.</summary>
    public static SocketsHttpHandler MakeHandler(this ClusterCertificates certificates) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            // Offline: it is sent as it is, and nothing is fetched to complete it.
            ClientCertificateContext = SslStreamCertificateContext.Create(certificates.Certificate, additionalCertificates: null, offline: true),
            RemoteCertificateValidationCallback = (_, peer, _, _) => peer is X509Certificate2 certificate && certificates.IsTrusted(certificate),
            EnabledSslProtocols = SslProtocols.Tls13,
            CertificateChainPolicy = Unasked(),
        },
        // What is set for the machine's way out to the internet says nothing about the way to the next node, nor does an answer of that node.
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
    };

    /// <summary>TLS looks at a peer's certificate before we do. That verdict does not count, and must cost no request to wherever the peer likes.</summary>
    private static X509ChainPolicy Unasked() => new() { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
}
