using System.Collections.Immutable;
using System.Net.Sockets;
using Lucid.GrainInterfaces.Engine;
using Npgsql;

namespace Lucid.Silo.Database;

/// <summary>The PostgreSQL database that the silos of a cluster share: connections to it, and its schema.</summary>
public sealed class ClusterDatabase : IAsyncDisposable
{
    // Any constant does, as long as nobody else locks it in the same database: "lucid" in ASCII.
    internal const long MigrationLock = 0x6c75636964;

    // For waiting until another migrator is through as well as for a migration itself.
    private const int MigrationSeconds = 600;

    private readonly ImmutableArray<Migration> _migrations;

    /// <param name="connection">As Npgsql reads it: Host=…;Database=…;Username=…;Password=…. Nothing is opened yet.</param>
    /// <exception cref="InvalidDataException">It cannot be read, or names no host or no database.</exception>
    public ClusterDatabase(string connection) : this(connection, Migration.All)
    {
    }

    internal ClusterDatabase(string connection, ImmutableArray<Migration> migrations)
    {
        _migrations = migrations;
        const string Cure = "write it as Host=…;Database=…;Username=…;Password=…";
        NpgsqlConnectionStringBuilder read;
        try
        {
            read = new NpgsqlConnectionStringBuilder(connection) { ApplicationName = "lucid" };
        }
        // The text itself is not repeated: it holds a password.
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            throw new InvalidDataException($"The connection string of the database cannot be read ({e.Message}); {Cure}.", e);
        }
        if (string.IsNullOrEmpty(read.Host) || string.IsNullOrEmpty(read.Database))
            throw new InvalidDataException($"The connection string of the database names no {(string.IsNullOrEmpty(read.Host) ? "host" : "database")}; {Cure}.");
        Name = $"The database {read.Database} on {read.Host}";
        Source = NpgsqlDataSource.Create(read);
    }

    /// <summary>For messages, at the beginning of a sentence.</summary>
    public string Name { get; }

    /// <summary>Pooled connections, for everything that Lucid itself keeps there.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>An open connection of the pool. Dispose it to give it back.</summary>
    /// <exception cref="DatabaseUnreachableException"/>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        try
        {
            return await Source.OpenConnectionAsync(cancellation);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
        {
            throw new DatabaseUnreachableException(Name, (e as PostgresException)?.MessageText ?? e.Message, e);
        }
    }

    /// <summary>Reads a list that the grains write through.</summary>
    /// <param name="list">What is listed, for messages.</param>
    /// <exception cref="GrainStoreException">It cannot be read; the message says why.</exception>
    public async Task<T> ReadAsync<T>(string list, Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await OpenAsync(cancellation);
            return await read(connection);
        }
        catch (NpgsqlException e)
        {
            throw new GrainStoreException($"{Name}: the list of {list} cannot be read ({e.Message}). Recording goes on; try again.", e);
        }
        catch (DatabaseUnreachableException e)
        {
            throw new GrainStoreException($"{e.Message} Recording goes on; try again.", e);
        }
    }

    /// <summary>Applies what the database does not have yet. Each migration is a transaction; a second migrator waits and finds it done.</summary>
    /// <returns>What was applied, by version; nothing where the schema was current.</returns>
    /// <exception cref="DatabaseSchemaException">It is of a newer Lucid, has a migration with another text, or refused one.</exception>
    /// <exception cref="DatabaseUnreachableException"/>
    public async Task<ImmutableArray<Migration>> MigrateAsync(CancellationToken cancellation)
    {
        var applied = ImmutableArray.CreateBuilder<Migration>();
        await using var connection = await OpenAsync(cancellation);
        while (await ApplyNextAsync(connection, cancellation) is { } migration)
            applied.Add(migration);
        return applied.ToImmutable();
    }

    /// <exception cref="DatabaseUnreachableException"/>
    public async Task<DatabaseStatus> StatusAsync(CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        try
        {
            return await ReadStatusAsync(connection, cancellation);
        }
        catch (NpgsqlException e)
        {
            throw Translate(e, "reading its schema");
        }
    }

    /// <summary>What a silo asks at its start: silos of two versions must not write one database, and none migrates it unasked.</summary>
    /// <exception cref="DatabaseSchemaException">It has another schema than this Lucid works with.</exception>
    /// <exception cref="DatabaseUnreachableException"/>
    public async Task RequireCurrentAsync(CancellationToken cancellation)
    {
        if ((await StatusAsync(cancellation)).Fault is { } fault)
            throw new DatabaseSchemaException(fault);
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private async Task<Migration?> ApplyNextAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var step = "preparing it";
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            // Held until the transaction ends, so that nobody reads what is applied while another is applying.
            await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({MigrationLock})", cancellation);
            await ExecuteAsync(
                connection,
                "CREATE TABLE IF NOT EXISTS lucid_schema(version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), sha256 text NOT NULL)",
                cancellation);
            var status = await ReadStatusAsync(connection, cancellation);
            if (status.IncurableFault is { } fault)
                throw new DatabaseSchemaException(fault);
            if (status.Pending.IsEmpty)
                return null;
            var next = status.Pending[0];
            step = $"migration {next}";
            await ExecuteAsync(connection, next.Text, cancellation);
            if (next.Fill is { } fill)
                await fill(connection, cancellation);
            await using (var command = new NpgsqlCommand("INSERT INTO lucid_schema(version, name, sha256) VALUES(@version, @name, @sha256)", connection))
            {
                command.Parameters.AddWithValue("version", next.Version);
                command.Parameters.AddWithValue("name", next.Name);
                command.Parameters.AddWithValue("sha256", next.Sha256);
                await command.ExecuteNonQueryAsync(cancellation);
            }
            await transaction.CommitAsync(cancellation);
            return next;
        }
        catch (NpgsqlException e)
        {
            throw Translate(e, step);
        }
    }

    private async Task<DatabaseStatus> ReadStatusAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var applied = ImmutableArray.CreateBuilder<AppliedMigration>();
        await using (var exists = new NpgsqlCommand("SELECT to_regclass('lucid_schema') IS NOT NULL", connection))
        {
            if (await exists.ExecuteScalarAsync(cancellation) is not true)
                return new DatabaseStatus(Name, [], _migrations);
        }
        await using var command = new NpgsqlCommand("SELECT version, name, applied_at, sha256 FROM lucid_schema ORDER BY version", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            applied.Add(new AppliedMigration(reader.GetInt32(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3)));
        return new DatabaseStatus(Name, applied.ToImmutable(), _migrations);
    }

    // What the server refuses is for whoever owns the database; everything else is a connection that broke.
    private Exception Translate(NpgsqlException exception, string step) => exception is PostgresException refused
        ? new DatabaseSchemaException($"{Name} refused {step}, and nothing of it was done: {refused.MessageText} ({refused.SqlState}).", refused)
        : new DatabaseUnreachableException(Name, exception.Message, exception);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
#pragma warning disable CA2100 // Constants, and the migrations that this assembly carries.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = MigrationSeconds };
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
