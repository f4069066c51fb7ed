using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lucid.Engine.Embedded.Testing;
using Lucid.Silo.Certificates;
using Lucid.Silo.Hosting;
using Microsoft.Extensions.Logging;

namespace Lucid.Silo.Tests.Certificates;

/// <summary>What a node's three files have to be, and whom it believes with them.</summary>
public sealed class ClusterCertificatesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly VirtualClock _clock = new();
    private readonly LoggedLines<ClusterCertificates> _log = new();
    private readonly TestAuthority _authority;

    public ClusterCertificatesTests() => _authority = new TestAuthority(_clock.GetUtcNow());

    private DateTimeOffset Now => _clock.GetUtcNow();

    [Fact]
    public void Read_OfFilesThatBelongTogether_GivesTheCertificateWithItsKey()
    {
        using var node = _authority.Issue("node1", until: Now.AddDays(90));
        using var certificates = Read(Write(node));
        Assert.Equal(node.Thumbprint, certificates.Certificate.Thumbprint);
        Assert.True(certificates.Certificate.HasPrivateKey);
        Assert.Equal(Now.AddDays(90), certificates.ExpiresAt);
        Assert.True(certificates.IsTrusted(certificates.Certificate));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void Read_OfOptionsWithoutFiles_GivesNone() => Assert.Null(ClusterCertificates.Read(new ClusterOptions(), _clock, _log));

    [Fact]
    public void Read_OfMissingFiles_NamesAllOfThem()
    {
        var options = new ClusterOptions { Certificate = "no/node.pem", CertificateKey = "no/node.key", Authority = "no/authority.pem" };
        var mistakes = Assert.Throws<InvalidDataException>(() => Read(options)).Message.Split('\n');
        Assert.Equal(
            ["cluster.authority: there is no no/authority.pem", "cluster.certificate: there is no no/node.pem", "cluster.certificateKey: there is no no/node.key"],
            mistakes.Select(mistake => mistake.Split(';')[0]));
    }

    public static TheoryData<string, string, Action<ClusterCertificatesTests, ClusterOptions>> Mistakes => new()
    {
        { "a folder", "cluster.certificate: {certificate} cannot be read", (_, files) => { File.Delete(files.Certificate!); Directory.CreateDirectory(files.Certificate!); } },
        { "no PEM", "cluster.certificate: {certificate} holds no certificate", (_, files) => File.WriteAllText(files.Certificate!, "not a certificate") },
        { "damaged", "cluster.certificate: {certificate} holds something else than a certificate", (_, files) => File.WriteAllText(files.Certificate!, PemEncoding.WriteString("CERTIFICATE", new byte[40])) },
        { "key in its place", "cluster.certificate: {certificate} holds no certificate", (_, files) => File.Copy(files.CertificateKey!, files.Certificate!, overwrite: true) },
        { "no key", "cluster.certificateKey: {key} holds no private key", (_, files) => File.WriteAllText(files.CertificateKey!, "") },
        { "damaged key", "cluster.certificateKey: {key} is not the private key of {certificate}", (_, files) => File.WriteAllText(files.CertificateKey!, PemEncoding.WriteString("PRIVATE KEY", new byte[40])) },
        { "other key", "cluster.certificateKey: {key} is not the private key of {certificate}", (test, files) => TestAuthority.WriteKey(files.CertificateKey!, test._authority.Issue("other")) },
        { "RSA key", "cluster.certificateKey: {key} is not the private key of {certificate}", (_, files) => File.WriteAllText(files.CertificateKey!, RSA.Create(2048).ExportPkcs8PrivateKeyPem()) },
        { "encrypted key", "cluster.certificateKey: {key} is encrypted", (_, files) => File.WriteAllText(files.CertificateKey!, Encrypted()) },
        { "open key", "cluster.certificateKey: others may read or change {key}; run: chmod 600", (_, files) => Open(files.CertificateKey!) },
        { "no authority", "cluster.authority: {authority} holds no certificate", (_, files) => File.WriteAllText(files.Authority!, "") },
        { "damaged authority", "cluster.authority: {authority} holds something else than a certificate", (_, files) => File.WriteAllText(files.Authority!, PemEncoding.WriteString("CERTIFICATE", new byte[40])) },
        { "a node as authority", "cluster.authority: {authority} holds 'CN=node1', which is no authority", (_, files) => File.Copy(files.Certificate!, files.Authority!, overwrite: true) },
        { "an authority of the middle", "cluster.authority: {authority} holds 'CN=middle', which was itself signed by", (test, files) => File.WriteAllText(files.Authority!, test._authority.Issue("middle", maySign: true).ExportCertificatePem()) },
        { "expired authority", "cluster.authority: {authority} holds 'CN=old', which expired at 2029-12-31", (test, files) => File.WriteAllText(files.Authority!, TestAuthority.SelfSigned("old", test.Now.AddYears(-9), test.Now.AddDays(-1)).ExportCertificatePem()) },
        { "other authority", "cluster.certificate: {certificate} was not signed by the cluster's authority", (test, files) => File.WriteAllText(files.Authority!, new TestAuthority(test.Now).Certificate.ExportCertificatePem()) },
        { "expired", "cluster.certificate: {certificate} expired at 2031-01-01 00:00:00Z, and this machine's clock says 2032", (test, _) => test._clock.Advance(TimeSpan.FromDays(2 * 366)) },
        { "not yet", "cluster.certificate: {certificate} is not valid before 2030-01-02", (test, files) => test.Replace(files, test._authority.Issue("node1", from: test.Now.AddDays(1))) },
        { "for a server only", "cluster.certificate: {certificate} is not for use as server and as client", (test, files) => test.Replace(files, test._authority.Issue("node1", uses: [TestAuthority.ServerUse])) },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Read_OfAFileThatCannotServe_SaysWhatIsWrongWithIt(string what, string expected, Action<ClusterCertificatesTests, ClusterOptions> spoil)
    {
        Assert.NotEmpty(what);
        var files = Write(_authority.Issue("node1"));
        spoil(this, files);
        var message = Assert.Throws<InvalidDataException>(() => Read(files)).Message;
        Assert.StartsWith(
            expected.Replace("{certificate}", files.Certificate, StringComparison.Ordinal).Replace("{key}", files.CertificateKey, StringComparison.Ordinal)
                .Replace("{authority}", files.Authority, StringComparison.Ordinal), message, StringComparison.Ordinal);
        // What it says to do about it.
        Assert.Contains(';', message);
    }

    [Fact]
    public void Peer_OfTheAuthority_IsTrusted_WhateverItsName()
    {
        using var certificates = Read(Write(_authority.Issue("node1")));
        Assert.True(certificates.IsTrusted(_authority.Issue("gateway")));
        Assert.True(certificates.IsTrusted(_authority.Issue("any use", uses: [])));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void Peer_OfAnyoneElse_IsRefused_AndTheLogSaysWhy()
    {
        using var certificates = Read(Write(_authority.Issue("node1")));
        using var other = new TestAuthority(Now);
        using var middle = _authority.Issue("middle", maySign: true);
        Refused(certificates, other.Issue("node2"), "the certificate of 'node2' was not signed by the cluster's authority");
        Refused(certificates, other.Certificate, "was not signed");
        Refused(certificates, TestAuthority.SelfSigned("node2", Now.AddDays(-1), Now.AddDays(1), maySign: false), "was not signed");
        Refused(certificates, _authority.Issue("node2", until: Now.AddSeconds(-1)), "expired at");
        Refused(certificates, _authority.Issue("node2", from: Now.AddHours(1)), "is not valid before");
        Refused(certificates, _authority.Issue("node2", uses: [TestAuthority.ClientUse]), "is not for use as server and as client");
        Refused(certificates, _authority.Issue("mail", uses: ["1.3.6.1.5.5.7.3.4"]), "is not for use as server and as client");
        Refused(certificates, other.Issue("a\nb\u001b[31m"), "of 'a?b?[31m' was not signed");
    }

    [Fact]
    public void Peer_IsJudgedByTheClockThatWasGiven()
    {
        using var certificates = Read(Write(_authority.Issue("node1")));
        using var peer = _authority.Issue("node2", until: Now.AddHours(1));
        Assert.True(certificates.IsTrusted(peer));
        _clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        Assert.True(certificates.IsTrusted(peer));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(certificates.IsTrusted(peer));
    }

    [Fact]
    public void Peer_RefusedManyTimes_IsLoggedOnceASecond()
    {
        using var certificates = Read(Write(_authority.Issue("node1")));
        using var stranger = TestAuthority.SelfSigned("stranger", Now, Now.AddDays(1));
        for (var i = 0; i < 100; i++)
            Assert.False(certificates.IsTrusted(stranger));
        Assert.Single(_log.Lines);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(certificates.IsTrusted(stranger));
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public void Authorities_WhileOneReplacesTheOther_AreBothTrusted()
    {
        using var next = new TestAuthority(Now);
        Assert.Equal(_authority.Certificate.Subject, next.Certificate.Subject);
        var files = Write(_authority.Issue("node1"));
        File.AppendAllText(files.Authority!, "\n" + next.Certificate.ExportCertificatePem());
        using var certificates = Read(files);
        Assert.True(certificates.IsTrusted(_authority.Issue("node2")));
        Assert.True(certificates.IsTrusted(next.Issue("node3")));
    }

    [Fact]
    public async Task Watch_WarnsOnceADay_FromThirtyDaysBeforeTheEnd()
    {
        using var certificates = Read(Write(_authority.Issue("node1", until: Now.AddDays(32))));
        var log = new LoggedLines<CertificateWatch>();
        using var watch = new CertificateWatch(certificates, _clock, log);
        await watch.StartAsync(default);
        Pass(days: 2);
        Assert.Empty(log.Lines);
        Pass(days: 1);
        Assert.Contains("expires in 29 days, at 2030-02-02 00:00:00Z", Assert.Single(log.Lines).Text, StringComparison.Ordinal);
        Pass(days: 28);
        Assert.All(log.Lines, line => Assert.Equal(LogLevel.Warning, line.Level));
        Assert.Equal(29, log.Lines.Count);
        Pass(days: 1);
        Assert.Equal(LogLevel.Error, log.Lines[^1].Level);
        await watch.StopAsync(default);

        void Pass(int days) => _clock.Advance(TimeSpan.FromDays(days));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private static void Open(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files have no such modes here");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
    }

    private static string Encrypted()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1000));
    }

    private void Refused(ClusterCertificates certificates, X509Certificate2 peer, string why)
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(certificates.IsTrusted(peer));
        var (level, line) = _log.Lines[^1];
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains(why, line, StringComparison.Ordinal);
    }

    private ClusterOptions Write(X509Certificate2 node) => _authority.Write(_folder.Data.Root, node);

    private void Replace(ClusterOptions files, X509Certificate2 node) => Assert.Equal(files, Write(node));

    private ClusterCertificates Read(ClusterOptions options) => ClusterCertificates.Read(options, _clock, _log)!;
}
