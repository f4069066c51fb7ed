using System.Collections.Concurrent;
using Lucid.Silo.Supervision;
using Lucid.Silo.Tests.Database;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Lucid.Silo.Tests.Database;

/// <summary>
/// A PostgreSQL server of this test process's own, started when the first test asks for a database: data and socket in a temporary folder, no
/// port. It ends with the process, and its folder with it, however that ends.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly Lazy<Task<LocalPostgres>> _server = new(StartAsync);
    private int _databases;

    /// <summary>Skips the test where there is no PostgreSQL.</summary>
    public static void Require() =>
        Assert.SkipWhen(PostgresPrograms.FindAll().Count == 0, "PostgreSQL is not installed; ./lucid test --install-packages installs it");

    /// <summary>A new, empty database. Skips the test where there is no PostgreSQL.</summary>
    public async Task<TestDatabase> CreateAsync()
    {
        Require();
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        var database = new TestDatabase((await _server.Value).Sockets, name);
        await database.ExecuteOnServerAsync($"CREATE DATABASE {name}");
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_server.IsValueCreated)
            return;
        NpgsqlConnection.ClearAllPools();
        await (await _server.Value).StopAsync(kill: new CancellationToken(canceled: true));
    }

    private static async Task<LocalPostgres> StartAsync()
    {
        var home = Directory.CreateTempSubdirectory("lucid-pg-").FullName;
        // Whoever the server runs as where we are root has to get to its socket, which nobody else may enter.
        File.SetUnixFileMode(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var running = Path.Combine(home, "running");
        await File.WriteAllBytesAsync(running, []);
        var said = new ConcurrentQueue<string>();
        try
        {
            var server = await LocalPostgres.PrepareAsync(new LocalPostgresOptions(Path.Combine(home, "data"), running)
            {
                IsLasting = false,
                Settings = ["max_connections=200", "shared_buffers=32MB"],
                Sockets = Path.Combine(home, "socket"),
                Rubbish = home,
            }, said.Enqueue, CancellationToken.None);
            await server.StartAsync(CancellationToken.None);
            return server;
        }
        catch (IOException failed)
        {
            throw new InvalidOperationException($"{failed.Message}\n{string.Join('\n', said)}", failed);
        }
    }
}
