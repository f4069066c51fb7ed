using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Certificates;
using Lucid.Silo.Tests.Certificates;
using Lucid.Silo.Tests.Database;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService;
using Orleans.TestingHost;

namespace Lucid.Engine.Cluster.Tests;

/// <summary>Silos and gateways over TCP, as in production: each has the database, which must not be enough.</summary>
public sealed class TlsTests(PostgresServer server) : IAsyncLifetime
{
    // What a silo that is not let in may take to give up: Orleans' own is 5 min.
    private static readonly TimeSpan _join = TimeSpan.FromSeconds(4);

    private readonly List<IHost> _hosts = [];
    private readonly List<IDisposable> _used = [];
    private readonly LoggedLines<ClusterCertificates> _log = new();
    private readonly TestAuthority _authority = new(TimeProvider.System.GetUtcNow());
    private readonly TestAuthority _other = new(TimeProvider.System.GetUtcNow());
    private readonly TestClusterPortAllocator _ports = new();
    // None where PostgreSQL is not installed, and the test is skipped.
    private TestDatabase? _database;

    public async ValueTask InitializeAsync()
    {
        _database = await server.CreateAsync();
        await (await _database.MigrateAsync()).DisposeAsync();
    }

    [Fact]
    public async Task Silos_WithCertificatesOfTheAuthority_CallEachOther_AndAreCalledByAGateway()
    {
        var first = await StartSiloAsync("first", Tls(_authority, "first"));
        var second = await StartSiloAsync("second", Tls(_authority, "second"));
        Assert.Equal("second", await WhereAsync(first, "second"));
        Assert.Equal("first", await WhereAsync(second, "first"));
        var gateway = await StartGatewayAsync(Tls(_authority, "gateway"));
        Assert.Equal("first", await WhereAsync(gateway, "first"));
        Assert.Equal("second", await WhereAsync(gateway, "second"));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Gateway_WithoutACertificateOfTheAuthority_CannotConnect()
    {
        await StartSiloAsync("silo", Tls(_authority, "silo"));
        await RefusedAsync(() => StartGatewayAsync(null));
        await RefusedAsync(() => StartGatewayAsync(null, client => client.UseTls(tls =>
        {
            tls.AllowAnyRemoteCertificate();
            tls.ClientCertificateMode = RemoteCertificateMode.NoCertificate;
        })));
        Assert.Empty(_log.Lines);
        await RefusedAsync(() => StartGatewayAsync(Stranger()));
        Assert.Contains("the certificate of 'stranger' was not signed by the cluster's authority", _log.Lines[0].Text, StringComparison.Ordinal);
        Assert.Equal("silo", await WhereAsync(await StartGatewayAsync(Tls(_authority, "gateway")), "silo"));
    }

    [Fact]
    public async Task Gateway_DoesNotCallASiloOfAnotherAuthority()
    {
        await StartSiloAsync("impostor", Stranger());
        await RefusedAsync(() => StartGatewayAsync(Tls(_authority, "gateway")));
        Assert.Contains("the certificate of 'stranger' was not signed by the cluster's authority", _log.Lines[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("without TLS")]
    [InlineData("with a certificate of another authority")]
    public async Task Silo_WithoutACertificateOfTheAuthority_DoesNotJoin_AndHarmsNobody(string how)
    {
        var first = await StartSiloAsync("first", Tls(_authority, "first"));
        var second = await StartSiloAsync("second", Tls(_authority, "second"));
        await Assert.ThrowsAsync<OrleansClusterConnectivityCheckFailedException>(
            () => StartSiloAsync("intruder", how == "without TLS" ? null : Stranger()));
        Assert.Equal("second", await WhereAsync(first, "second"));
        Assert.Equal("first", await WhereAsync(second, "first"));
        Assert.Equal(["first", "second"], await ActiveAsync());
    }

    [Fact]
    public async Task Ports_SpeakNoTlsBefore13()
    {
        var silo = await StartSiloAsync("silo", Tls(_authority, "silo"));
        var details = silo.Services.GetRequiredService<ILocalSiloDetails>();
        foreach (var port in new[] { details.SiloAddress.Endpoint.Port, details.GatewayAddress.Endpoint.Port })
        {
            Assert.Equal(SslProtocols.Tls13, await ShakeAsync(port, SslProtocols.Tls12 | SslProtocols.Tls13));
            await Assert.ThrowsAnyAsync<AuthenticationException>(() => ShakeAsync(port, SslProtocols.Tls12));
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Those who were called last, so that nobody waits for one that is gone.
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            using var within = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await host.StopAsync(within.Token);
            host.Dispose();
        }
        foreach (var used in _used)
            used.Dispose();
        _authority.Dispose();
        _other.Dispose();
        _ports.Dispose();
        if (_database is not null)
            await _database.DisposeAsync();
    }

    /// <summary>What a silo answers that it is called, once whoever asks has heard that it joined.</summary>
    private static async Task<string> WhereAsync(IHost from, string silo)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                return await from.Services.GetRequiredService<IGrains>().Get<INodeNameGrain>(silo).WhereAsync();
            }
            catch (GrainUnreachableException) when (waited.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    private static async Task RefusedAsync(Func<Task> start)
    {
        var waited = Stopwatch.StartNew();
        var refused = await Assert.ThrowsAnyAsync<OrleansException>(start);
        Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), $"It took {waited.Elapsed.TotalSeconds:0} s to be refused: {refused.Message}");
    }

    private static void Name(ClusterOptions cluster) => (cluster.ClusterId, cluster.ServiceId) = ("tls", "tls");

    private async Task<SslProtocols> ShakeAsync(int port, SslProtocols protocols)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = new SslStream(socket.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "silo",
            ClientCertificates = [_authority.Issue("gateway")],
            RemoteCertificateValidationCallback = (_, peer, _, _) => peer is not null,
            EnabledSslProtocols = protocols,
        });
        return stream.SslProtocol;
    }

    /// <summary>As the silo makes it from its options.</summary>
    private ClusterTls Tls(TestAuthority authority, string name)
    {
        var folder = Directory.CreateTempSubdirectory("lucid-test-");
        var certificates = ClusterCertificates.Read(authority.Write(folder.FullName, authority.Issue(name)), TimeProvider.System, _log)!;
        folder.Delete(recursive: true);
        _used.Add(certificates);
        return new ClusterTls(certificates.Certificate, certificates.IsTrusted);
    }

    /// <summary>Has a certificate of another authority and believes everybody.</summary>
    private ClusterTls Stranger() => new(_other.Issue("stranger"), _ => true);

    private async Task<IHost> StartSiloAsync(string name, ClusterTls? tls)
    {
        var (siloPort, gatewayPort) = _ports.AllocateConsecutivePortPairs(1);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo => silo
            .UseLucidOnPostgres(new ClusterEngineOptions(), _database!.Connection, tls, typeof(TlsTests).Assembly)
            .ConfigureEndpoints(IPAddress.Loopback, siloPort, gatewayPort)
            .Configure<ClusterOptions>(Name)
            .Configure<SiloOptions>(options => options.SiloName = name)
            .Configure<ClusterMembershipOptions>(membership => membership.MaxJoinAttemptTime = _join));
        return await StartAsync(builder.Build());
    }

    private async Task<IHost> StartGatewayAsync(ClusterTls? tls, Action<IClientBuilder>? more = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client =>
        {
            client.UseLucidOnPostgres(new ClusterEngineOptions(), _database!.Connection, tls, typeof(TlsTests).Assembly).Configure<ClusterOptions>(Name);
            client.UseConnectionRetryFilter((_, _) => Task.FromResult(false));
            more?.Invoke(client);
        });
        return await StartAsync(builder.Build());
    }

    private async Task<IHost> StartAsync(IHost host)
    {
        try
        {
            await host.StartAsync();
            _hosts.Add(host);
            return host;
        }
        catch
        {
            // What did not start refuses to be stopped.
            host.Dispose();
            throw;
        }
    }

    private async Task<List<string>> ActiveAsync()
    {
        var active = await _database!.ReadAsync<string[]>($"SELECT array_agg(SiloName ORDER BY SiloName) FROM OrleansMembershipTable WHERE Status = {(int)SiloStatus.Active}");
        return [.. active];
    }
}
