using System.Globalization;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Data.Sqlite;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>One connection to a grain store's file, with its prepared statements. For one thread at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    public const int Schema = 1;

    private static readonly string[] Parameters = ["$1", "$2", "$3", "$4", "$5"];

    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly SqliteConnection _connection;

    public SqliteSession(string path)
    {
        SqliteLibrary.Load();
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        // Another process may hold the file for a moment; the version of each grain says who wins.
        Run("PRAGMA busy_timeout = 5000");
        Run("PRAGMA synchronous = FULL");
    }

    /// <summary>The error of any SQLite call, naming the file and, where the file is damaged, the cure.</summary>
    public static GrainStoreException Explain(string path, SqliteException e) => e.SqliteErrorCode is 11 or 26
        ? new GrainStoreException($"The grain store {path} is damaged ({e.Message}). Restore it from a backup, or move it away to start empty.", e)
        : new GrainStoreException($"The grain store {path} failed: {e.Message}", e);

    /// <summary>Makes or checks the tables.</summary>
    /// <exception cref="GrainStoreException">A newer program wrote the file.</exception>
    public void Prepare(string path)
    {
        Run("PRAGMA journal_mode = WAL");
        Run("BEGIN IMMEDIATE");
        Run("CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL)");
        var version = Read("SELECT version FROM schema", row => row.GetInt32(0)).FirstOrDefault();
        if (version > Schema)
        {
            Run("ROLLBACK");
            throw new GrainStoreException(
                $"The grain store {path} has schema {version.ToString(CultureInfo.InvariantCulture)}, and this program knows up to {Schema}: a newer Lucid wrote it. Run that one.");
        }
        if (version == 0)
        {
            // State stands apart from the version: an append raises the version and must not rewrite 64 KiB of state for it.
            Run("CREATE TABLE grain (id INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, UNIQUE (name, key))");
            Run("CREATE TABLE state (grain INTEGER PRIMARY KEY, json BLOB NOT NULL)");
            Run("""
                CREATE TABLE journal (grain INTEGER NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, json BLOB NOT NULL,
                PRIMARY KEY (grain, name, position)) WITHOUT ROWID
                """);
            Run("""
                CREATE TABLE reminder (grain TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL, period INTEGER NOT NULL,
                PRIMARY KEY (grain, key, name)) WITHOUT ROWID
                """);
            Run("INSERT INTO schema VALUES ($1)", Schema);
        }
        Run("COMMIT");
    }

    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    public int Run(string sql, params ReadOnlySpan<object> values) => Bind(sql, values).ExecuteNonQuery();

    public List<T> Read<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object> values)
    {
        List<T> rows = [];
        using var reader = Bind(sql, values).ExecuteReader();
        while (reader.Read())
            rows.Add(row(reader));
        return rows;
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<object> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a constant of this folder.
            command.CommandText = sql;
#pragma warning restore CA2100
            for (var i = 0; i < values.Length; i++)
                command.Parameters.Add(new SqliteParameter { ParameterName = Parameters[i] });
            _commands.Add(sql, command);
        }
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        return command;
    }
}
