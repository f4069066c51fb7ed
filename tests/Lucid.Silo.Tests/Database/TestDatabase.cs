using Lucid.Silo.Database;
using Npgsql;

namespace Lucid.Silo.Tests.Database;

/// <summary>A database of a test's own on the private server, dropped when the test is over.</summary>
public sealed class TestDatabase(string sockets, string name) : IAsyncDisposable
{
    // Few, since tests run side by side on one server; the pool is dropped with the database.
    public string Connection { get; } = $"Host={sockets};Database={name};Username=lucid;Maximum Pool Size=20";

    /// <summary>The database with all migrations.</summary>
    public async Task<ClusterDatabase> MigrateAsync()
    {
        var database = new ClusterDatabase(Connection);
        await database.MigrateAsync(default);
        return database;
    }

    public async Task<int> ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Connection);
        return await ExecuteAsync(source, sql);
    }

    public async Task<T> ReadAsync<T>(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Connection);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteOnServerAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create($"Host={sockets};Database=postgres;Username=lucid");
        await ExecuteAsync(source, sql);
    }

    public async ValueTask DisposeAsync() => await ExecuteOnServerAsync($"DROP DATABASE {name} WITH (FORCE)");

    private static async Task<int> ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync();
    }
}
