using System.Collections.Immutable;
using Lucid.Silo.Database;
using Npgsql;

namespace Lucid.Silo.Tests.Database;

public sealed class ClusterDatabaseTests(PostgresServer server)
{
    private static readonly ImmutableArray<Migration> _more = Migration.All.Add(new Migration(Migration.All.Length + 1, "more", "CREATE TABLE more(x int)"));

    [Fact]
    public async Task Migrate_Empty_AppliesAll_AndAgainNothing()
    {
        await using var place = await server.CreateAsync();
        await using var database = new ClusterDatabase(place.Connection);
        Assert.Equal(0, (await database.StatusAsync(default)).Version);
        Assert.Equal(Migration.All, await database.MigrateAsync(default));
        await database.RequireCurrentAsync(default);
        Assert.Empty(await database.MigrateAsync(default));
        var status = await database.StatusAsync(default);
        Assert.True(status.IsCurrent);
        Assert.Equal((Migration.All.Length, Migration.All.Length), (status.Version, status.Wanted));
        Assert.Equal(Migration.All.Select(migration => migration.Name), status.Applied.Select(migration => migration.Name));
        Assert.Equal(Migration.All.Select(migration => migration.Sha256), status.Applied.Select(migration => migration.Sha256));
    }

    [Fact]
    public async Task Schema_Older_IsRefused_WithTheCommandThatMendsIt()
    {
        await using var place = await server.CreateAsync();
        await using var database = new ClusterDatabase(place.Connection);
        var empty = await Assert.ThrowsAsync<DatabaseSchemaException>(() => database.RequireCurrentAsync(default));
        Assert.EndsWith($"has schema 0 and this Lucid needs {Migration.All.Length}; run: lucid database migrate", empty.Message, StringComparison.Ordinal);
        await database.MigrateAsync(default);
        await using var newer = new ClusterDatabase(place.Connection, _more);
        var older = await Assert.ThrowsAsync<DatabaseSchemaException>(() => newer.RequireCurrentAsync(default));
        Assert.Contains("run: lucid database migrate", older.Message, StringComparison.Ordinal);
        Assert.Equal("more", Assert.Single(await newer.MigrateAsync(default)).Name);
        await newer.RequireCurrentAsync(default);
    }

    [Fact]
    public async Task Schema_Newer_IsRefused_AndLeftAlone()
    {
        await using var place = await server.CreateAsync();
        await using (var newer = new ClusterDatabase(place.Connection, _more))
            await newer.MigrateAsync(default);
        await using var database = new ClusterDatabase(place.Connection);
        foreach (var work in (Func<Task>[])[() => database.RequireCurrentAsync(default), () => database.MigrateAsync(default)])
            Assert.Contains("made by a newer Lucid", (await Assert.ThrowsAsync<DatabaseSchemaException>(work)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migration_WithAnotherTextThanApplied_IsRefused_AndNamed()
    {
        await using var place = await server.CreateAsync();
        await using (await place.MigrateAsync())
        {
        }
        await using var database = new ClusterDatabase(place.Connection, _more.SetItem(0, _more[0] with { Text = _more[0].Text + "-- changed" }));
        foreach (var work in (Func<Task>[])[() => database.RequireCurrentAsync(default), () => database.MigrateAsync(default)])
            Assert.Contains("migration 0001-orleans with another text", (await Assert.ThrowsAsync<DatabaseSchemaException>(work)).Message, StringComparison.Ordinal);
        Assert.Equal(Migration.All.Length, (await database.StatusAsync(default)).Version);
    }

    [Fact]
    public async Task Migration_ThatFails_LeavesNothing_AndThoseBeforeItStand()
    {
        await using var place = await server.CreateAsync();
        await using var database = new ClusterDatabase(
            place.Connection, Migration.All.Add(new Migration(Migration.All.Length + 1, "wrong", "CREATE TABLE half(x int); SELECT nothing FROM nowhere")));
        var failed = await Assert.ThrowsAsync<DatabaseSchemaException>(() => database.MigrateAsync(default));
        Assert.Contains($"{Migration.All.Length + 1:0000}-wrong", failed.Message, StringComparison.Ordinal);
        Assert.Contains("nowhere", failed.Message, StringComparison.Ordinal);
        Assert.Equal(Migration.All.Length, (await database.StatusAsync(default)).Version);
        Assert.False(await place.ReadAsync<bool>("SELECT to_regclass('half') IS NOT NULL"));
    }

    [Fact]
    public async Task Migrate_ByManyAtOnce_AppliesEachOnce()
    {
        await using var place = await server.CreateAsync();
        var migrators = Enumerable.Range(0, 4).Select(_ => new ClusterDatabase(place.Connection)).ToList();
        var applied = await Task.WhenAll(migrators.Select(migrator => migrator.MigrateAsync(default)));
        Assert.Equal(Migration.All, applied.SelectMany(list => list).OrderBy(migration => migration.Version));
        foreach (var migrator in migrators)
        {
            await migrator.RequireCurrentAsync(default);
            await migrator.DisposeAsync();
        }
    }

    [Fact]
    public async Task Migrate_WhileAnotherMigrates_WaitsForIt()
    {
        await using var place = await server.CreateAsync();
        await using var first = new ClusterDatabase(place.Connection);
        await using var connection = await first.OpenAsync(default);
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var take = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({ClusterDatabase.MigrationLock})", connection))
            await take.ExecuteNonQueryAsync();
        await using var second = new ClusterDatabase(place.Connection);
        var waiting = second.MigrateAsync(default);
        // The server itself says when somebody waits for the lock.
        while (!await place.ReadAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"))
            await Task.Yield();
        Assert.False(waiting.IsCompleted);
        await transaction.RollbackAsync();
        Assert.Equal(Migration.All, await waiting);
    }

    [Fact]
    public async Task Server_ThatIsNotThere_IsNamedWithoutThePassword()
    {
        await using var database = new ClusterDatabase("Host=/nowhere/at/all;Database=lucid;Username=lucid;Password=geheim");
        foreach (var work in (Func<Task>[])[() => database.StatusAsync(default), () => database.MigrateAsync(default), () => database.RequireCurrentAsync(default)])
        {
            var unreachable = await Assert.ThrowsAsync<DatabaseUnreachableException>(work);
            Assert.StartsWith("The database lucid on /nowhere/at/all cannot be reached: ", unreachable.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("geheim", unreachable.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Server_WithoutTheDatabase_SaysSo()
    {
        await using var place = await server.CreateAsync();
        await using var database = new ClusterDatabase(new NpgsqlConnectionStringBuilder(place.Connection) { Database = "missing" }.ToString());
        var unreachable = await Assert.ThrowsAsync<DatabaseUnreachableException>(() => database.StatusAsync(default));
        Assert.Contains("\"missing\" does not exist", unreachable.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Database=lucid;Password=geheim")]
    [InlineData("Host=db;Password=geheim")]
    [InlineData("Host=db;Database=lucid;Port=many;Password=geheim")]
    [InlineData("Host=db;Database=lucid;Secret=geheim")]
    [InlineData("postgres://lucid:geheim@db/lucid")]
    public void ConnectionString_ThatCannotBeUsed_SaysHowToWriteOne_WithoutThePassword(string connection)
    {
        var bad = Assert.Throws<InvalidDataException>(() => new ClusterDatabase(connection));
        Assert.Contains("Host=…;Database=…", bad.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", bad.Message, StringComparison.Ordinal);
    }
}
