using Lucid.Silo.Database;
using Lucid.Silo.Supervision;

namespace Lucid.Bench.Engines;

/// <summary>A PostgreSQL server for this run, as `lucid up --cluster` starts its own: with all flushes, since what it is compared with flushes too.</summary>
internal sealed class BenchPostgres : IAsyncDisposable
{
    // A silo's or a gateway's, twice: Orleans has one, and we have one.
    private const int PoolSize = 20;

    // Ten processes at most, with their two pools.
    private const int MostConnections = 400;

    private readonly LocalPostgres _server;
    private readonly string _data;
    private readonly IDisposable _cleanup;
    // Once, whether we are done with it or Ctrl-C comes, or both.
    private readonly Lazy<Task> _stop;

    private BenchPostgres(LocalPostgres server, string data)
    {
        (_server, _data) = (server, data);
        _stop = new Lazy<Task>(() => server.StopAsync(kill: new CancellationToken(canceled: true)));
        _cleanup = Cleanup.Register(() => _stop.Value);
    }

    public static async Task<BenchPostgres> StartAsync(string folder)
    {
        var data = Path.Combine(folder, "postgres");
        var running = Path.Combine(folder, "postgres.running");
        await File.WriteAllBytesAsync(running, []);
        var server = await LocalPostgres.PrepareAsync(new LocalPostgresOptions(data, running) { Settings = [$"max_connections={MostConnections}"] }, _ => { }, CancellationToken.None);
        await server.StartAsync(CancellationToken.None);
        return new BenchPostgres(server, data);
    }

    /// <summary>Makes a database with the current schema.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateAsync(string name)
    {
        await _server.CreateAsync(name, CancellationToken.None);
        var connection = _server.Connection(name, PoolSize);
        await using var database = new ClusterDatabase(connection);
        await database.MigrateAsync(CancellationToken.None);
        return connection;
    }

    /// <summary>Bytes of the server and its processes; what several of them share counts once.</summary>
    public double Memory()
    {
        var server = int.Parse(File.ReadLines(Path.Combine(_data, "postmaster.pid")).First());
        return Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
            .Where(id => id == server || (id > 0 && Status(id, "status", "PPid:") == server))
            .Sum(id => 1024 * Status(id, "smaps_rollup", "Pss:"));
    }

    public async ValueTask DisposeAsync()
    {
        _cleanup.Dispose();
        await _stop.Value;
    }

    /// <summary>A number from one of a process's files; 0 where it has ended.</summary>
    private static double Status(int id, string file, string name)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/{file}").First(line => line.StartsWith(name, StringComparison.Ordinal));
            return double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return 0;
        }
    }
}
