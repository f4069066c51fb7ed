using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;
using Orleans.Hosting;

namespace Lucid.Engine.Cluster;

/// <summary>What a silo or a gateway proves itself with to the others of its cluster, and whom it believes.</summary>
/// <param name="Certificate">With its private key, for use as server and as client.</param>
/// <param name="IsTrusted">
/// Whether whoever proved to hold the key of this certificate is of the cluster. The only judge: no other authority, no name and no list of
/// withdrawn ones is asked. Called by many threads, for each new connection.
/// </param>
public sealed record ClusterTls(X509Certificate2 Certificate, Func<X509Certificate2, bool> IsTrusted)
{
    /// <summary>Silos are called by silos and by gateways, and call silos: all of it encrypted, and proved by both sides.</summary>
    internal void Use(ISiloBuilder silo) => silo.UseTls(Set);

    /// <inheritdoc cref="Use(ISiloBuilder)"/>
    internal void Use(IClientBuilder client) => client.UseTls(Set);

    private void Set(TlsOptions tls)
    {
        tls.LocalCertificate = Certificate;
        tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        // The default leaves out a certificate that is not for clients, and then nobody would know why the others refuse this process.
        tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.RemoteCertificateValidation = (peer, _, _) => IsTrusted(peer);
        // All processes of a cluster are ours and of one release or the next: nobody needs an older one.
        tls.SslProtocols = SslProtocols.Tls13;
        tls.OnAuthenticateAsServer = (_, server) => ((SslServerAuthenticationOptions)server.SslServerAuthenticationOptions).CertificateChainPolicy = Unasked();
        tls.OnAuthenticateAsClient = (_, client) => ((SslClientAuthenticationOptions)client.SslClientAuthenticationOptions).CertificateChainPolicy = Unasked();
    }

    /// <summary>TLS looks at a peer's certificate before we do. That verdict does not count, and must cost no request to wherever the peer likes.</summary>
    private static X509ChainPolicy Unasked() => new() { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
}
