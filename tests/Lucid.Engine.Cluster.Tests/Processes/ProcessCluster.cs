using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Lucid.Silo.Database;
using Lucid.Silo.Storage;
using Lucid.Silo.Supervision;
using Lucid.Silo.Tests.Certificates;
using Lucid.Silo.Tests.Database;
using Npgsql;

namespace Lucid.Engine.Cluster.Tests.Processes;

/// <summary>
/// A cluster as it is run: silos and gateways as processes, and a PostgreSQL server of its own, which can be stopped. silo-1 has the ledger.
/// All of it, its folder included, is gone when the test is, even where the test process is killed.
/// </summary>
internal sealed class ProcessCluster : IAsyncDisposable
{
    private const string Database = "cluster";
    private const int ConnectionsPerPool = 20;
    private const int BlockIntervalMs = 1000;

    private static readonly TimeSpan _whole = TimeSpan.FromMinutes(3);

    private readonly string _home;
    private readonly string _running;
    private readonly GuardedProcess _janitor;
    private readonly List<ClusterNode> _silos = [];
    private readonly List<ClusterNode> _gateways = [];
    private readonly List<GatewayClient> _clients = [];
    private readonly TestAuthority? _authority;
    private LocalPostgres? _postgres;

    private ProcessCluster(TestAuthority? authority)
    {
        _authority = authority;
        _home = Directory.CreateTempSubdirectory("lucid-cluster-").FullName;
        // Whoever PostgreSQL runs as where we are root has to get to its socket, which nobody else may enter.
        File.SetUnixFileMode(_home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        _running = Path.Combine(_home, "running");
        File.WriteAllBytes(_running, []);
        // It sleeps; what counts is what its guard does at its end. Where we are killed it leaves the others time to die first.
        _janitor = GuardedProcess.Start(new GuardedProgram(["sleep", "infinity"], "/", _running) { Farewell = "CONT 5 KILL 1", Rubbish = _home }, _ => { });
    }

    public ClusterNode Ledger => _silos[0];
    public IReadOnlyList<ClusterNode> Silos => _silos;

    /// <summary>One for each gateway, in the order in which they were added.</summary>
    public IReadOnlyList<GatewayClient> Gateways => _clients;

    /// <summary>The validators that whoever runs a gateway trusts.</summary>
    public string Trust => _gateways[0].Folder.Trust;

    /// <summary>Starts silos and one gateway, and waits until they work. Skips the test where there is no PostgreSQL.</summary>
    /// <param name="authority">Whose certificates all of them show each other, although they are on loopback.</param>
    public static async Task<ProcessCluster> StartAsync(int silos, CancellationToken cancellation, TestAuthority? authority = null)
    {
        PostgresServer.Require();
        var cluster = new ProcessCluster(authority);
        try
        {
            await cluster.StartDatabaseAsync(cancellation);
            await cluster._postgres!.CreateAsync(Database, cancellation);
            await using (var database = new ClusterDatabase(cluster.Connection))
                await database.MigrateAsync(cancellation);
            cluster.PlanSilos(silos);
            await cluster.AddGatewayAsync(cancellation);
            await cluster.BecomeWholeAsync(cancellation);
            return cluster;
        }
        catch (Exception failure)
        {
            var said = cluster.Said;
            await cluster.DisposeAsync();
            if (failure is OperationCanceledException)
                throw;
            throw new InvalidOperationException($"{failure.Message}\n{said}", failure);
        }
    }

    /// <summary>What every process wrote last, for the message of a failure.</summary>
    public string Said => string.Join('\n', _silos.Concat(_gateways).SelectMany(node => node.LastLines.Select(line => $"{node.Name} | {line}")));

    /// <summary>How often a silo said that a write was refused because another activation had written before.</summary>
    public int RefusedVersions => _silos.Sum(silo => silo.RefusedVersions);

    /// <summary>Starts another gateway. It waits for a silo, however long that takes.</summary>
    public async Task<GatewayClient> AddGatewayAsync(CancellationToken cancellation)
    {
        var name = $"gateway-{_gateways.Count + 1}";
        var gateway = Plan(name, "gateway", [new("LUCID__URLS", "http://127.0.0.1:0")]);
        _gateways.Add(gateway);
        gateway.Start();
        // It is ready once a silo is: they start together.
        foreach (var silo in _silos.Where(silo => !silo.IsRunning))
            silo.Start();
        var url = await gateway.ReadyAsync(cancellation);
        _clients.Add(new GatewayClient(url, (await File.ReadAllTextAsync(gateway.Folder.Token, cancellation)).Trim()));
        return _clients[^1];
    }

    /// <summary>Starts every silo that has ended, and waits until all take part in the cluster.</summary>
    public async Task BecomeWholeAsync(CancellationToken cancellation)
    {
        foreach (var silo in _silos.Where(silo => !silo.IsRunning))
            silo.Start();
        await Task.WhenAll(_silos.Select(silo => silo.ReadyAsync(cancellation)));
        await UntilAsync("every silo to be active", states => _silos.All(silo => states.GetValueOrDefault(silo.Name) == "active"), _whole, cancellation);
    }

    /// <summary>Waits until the gateway tells of the silos' states what is expected.</summary>
    public async Task UntilAsync(
        string what, Func<IReadOnlyDictionary<string, string>, bool> expected, TimeSpan within, CancellationToken cancellation)
    {
        var (said, trouble) = ("nothing", "");
        for (var waited = Stopwatch.StartNew(); ;)
        {
            var (states, refusal) = await StatesAsync(cancellation);
            if (expected(states))
                return;
            (said, trouble) = refusal is null ? (string.Join(", ", states), "") : (said, $", and then: {refusal}");
            Assert.True(waited.Elapsed < within, $"Waited {within.TotalSeconds} s for {what}; the gateway said {said}{trouble}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellation);
        }
    }

    public async Task StartDatabaseAsync(CancellationToken cancellation)
    {
        _postgres ??= await LocalPostgres.PrepareAsync(new LocalPostgresOptions(Path.Combine(_home, "postgres"), _running)
        {
            IsLasting = false,
            Settings = ["max_connections=300", "shared_buffers=32MB"],
            Sockets = Path.Combine(_home, "socket"),
        }, _ => { }, cancellation);
        await _postgres.StartAsync(cancellation);
    }

    /// <summary>The fast way: whoever is connected is thrown out.</summary>
    public Task StopDatabaseAsync() => _postgres!.StopAsync(CancellationToken.None);

    /// <summary>Writes a session's state as another activation would, with the same content.</summary>
    public async Task RaiseVersionAsync(Guid session, CancellationToken cancellation)
    {
        await using var database = NpgsqlDataSource.Create(Connection);
        await using var command = database.CreateCommand("UPDATE OrleansStorage SET Version = Version + 1 WHERE GrainTypeString = 'session' AND GrainIdExtensionString LIKE $1");
        command.Parameters.Add(new() { Value = $"%{session}" });
        Assert.Equal(1, await command.ExecuteNonQueryAsync(cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        await Task.WhenAll(_silos.Concat(_gateways).Select(node => node.DisposeAsync().AsTask()));
        if (_postgres is not null)
            await _postgres.StopAsync(kill: new CancellationToken(canceled: true));
        _janitor.Signal("KILL");
        await _janitor.Exited;
        _janitor.Dispose();
    }

    private string Connection => _postgres!.Connection(Database, ConnectionsPerPool);

    private void PlanSilos(int count)
    {
        foreach (var ports in new ClusterFile([]).For(count, ClusterFile.IsFree, RandomNumberGenerator.GetInt32).Silos)
        {
            _silos.Add(Plan(ports.Name, "silo",
            [
                new("LUCID__CLUSTER__SILOPORT", ports.Silo.ToString(CultureInfo.InvariantCulture)),
                new("LUCID__CLUSTER__GATEWAYPORT", ports.Gateway.ToString(CultureInfo.InvariantCulture)),
                new("LUCID__CLUSTER__RECORDERURL", $"{(_authority is null ? "http" : "https")}://127.0.0.1:{ports.Recorder}"),
                .. ports.Name == "silo-1" ? [new("LUCID__BLOCKINTERVAL", BlockIntervalMs.ToString(CultureInfo.InvariantCulture))] : (KeyValuePair<string, string?>[])[],
            ]));
        }
    }

    private ClusterNode Plan(string name, string role, KeyValuePair<string, string?>[] more)
    {
        var folder = new DataFolder(Path.Combine(_home, name));
        Directory.CreateDirectory(folder.Root);
        return new ClusterNode(name, folder, ImmutableDictionary.CreateRange<string, string?>(
        [
            new("LUCID__ENGINE", "orleans"),
            new("LUCID__ROLE", role),
            new("LUCID__NAME", name),
            new("LUCID__DATA", folder.Root),
            new("LUCID__CLUSTER__DATABASE", Connection),
            .. Certificates(name),
            .. more,
        ]), _running);
    }

    private KeyValuePair<string, string?>[] Certificates(string name)
    {
        if (_authority is null)
            return [];
        var folder = Path.Combine(_home, "certificates", name);
        Directory.CreateDirectory(folder);
        using var certificate = _authority.Issue(name);
        var files = _authority.Write(folder, certificate);
        return
        [
            new("LUCID__CLUSTER__CERTIFICATE", files.Certificate),
            new("LUCID__CLUSTER__CERTIFICATEKEY", files.CertificateKey),
            new("LUCID__CLUSTER__AUTHORITY", files.Authority),
        ];
    }

    /// <summary>As the first gateway sees them, by name; none, and why, where it cannot say.</summary>
    private async Task<(IReadOnlyDictionary<string, string> States, string? Refusal)> StatesAsync(CancellationToken cancellation)
    {
        try
        {
            var answer = await _clients[0].TryAsync(new GatewayRequest(HttpMethod.Get, "cluster/status"), cancellation);
            answer.Require(answer.IsOk || answer.Status == HttpStatusCode.ServiceUnavailable);
            return answer.IsOk
                ? (answer.Json.GetProperty("silos").EnumerateArray().ToDictionary(NameOf, StateOf), null)
                : (ImmutableDictionary<string, string>.Empty, answer.ToString());
        }
        catch (HttpRequestException broken)
        {
            return (ImmutableDictionary<string, string>.Empty, broken.Message);
        }
    }

    private static string NameOf(JsonElement silo) => silo.GetProperty("name").GetString()!;

    // One that is in the list as active, but does not answer, is not counted as that.
    private static string StateOf(JsonElement silo) =>
        silo.GetProperty("state").GetString() is var state && state == "active" && !silo.TryGetProperty("activations", out _) ? "silent" : state!;
}
