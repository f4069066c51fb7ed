using Lucid.GrainInterfaces.Engine;
using Microsoft.Data.Sqlite;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>One connection to a grain store's file, with its prepared statements. For one thread at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    private static readonly string[] Parameters = ["$1", "$2", "$3", "$4", "$5", "$6", "$7"];

    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly SqliteConnection _connection;

    public SqliteSession(string path)
    {
        SqliteLibrary.Load();
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            _connection.Open();
            // Another process may hold the file for a moment; the version of each grain says who wins.
            Run("PRAGMA busy_timeout = 5000");
            Run("PRAGMA synchronous = FULL");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The checksums of this session's rows.</summary>
    public RowChecksum Sums { get; } = new();

    /// <summary>Whether SQLite found that the file's structure is not what it wrote: SQLITE_CORRUPT or SQLITE_NOTADB.</summary>
    public static bool IsDamage(SqliteException e) => e.SqliteErrorCode is 11 or 26;

    /// <summary>The error of any SQLite call, naming the file and the cure.</summary>
    public static GrainStoreException Explain(string path, SqliteException e) => new(e.SqliteErrorCode switch
    {
        11 or 26 => $"The grain store {path} is damaged ({e.Message}). Restore it from a backup; nothing was changed.",
        13 => $"The grain store {path} cannot grow: the disk is full. Free space on it; what was not saved is tried again.",
        8 or 14 => $"The grain store {path} cannot be written to ({e.Message}). Make the file, its folder and its disk writable for this user.",
        10 => $"The disk refused to read or write the grain store {path} ({e.Message}). Look at the disk; if it is full, free space on it.",
        _ => $"The grain store {path} failed: {e.Message}",
    }, e);

    /// <summary>Makes the checksums known to SQL, to add them to the rows of an older schema.</summary>
    public void DefineChecksums()
    {
        _connection.CreateFunction("sum_grain", (long id, string name, string key, long version, long hasState, long rows) =>
            Sums.OfGrain(id, new GrainId(name, key), version, hasState != 0, rows));
        _connection.CreateFunction("sum_state", (long grain, byte[] json) => Sums.OfState(grain, json));
        _connection.CreateFunction("sum_row", (long grain, string journal, long position, byte[] json) => Sums.OfRow(grain, journal, position, json));
        _connection.CreateFunction("sum_reminder", (string grain, string key, string name, long due, long period) =>
            Sums.OfReminder(new GrainId(grain, key), name, due, period));
    }

    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    public int Run(string sql, params ReadOnlySpan<object> values) => Bind(sql, values).ExecuteNonQuery();

    public List<T> Read<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object> values)
    {
        List<T> rows = [];
        using var reader = Bind(sql, values).ExecuteReader();
        try
        {
            while (reader.Read())
                rows.Add(row(reader));
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidCastException)
        {
            // SQLite keeps the type with each value, and a flipped bit may turn it into another.
            throw new SqliteException("a value is not of the type that was written", 11);
        }
        return rows;
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
        _connection.Dispose();
        Sums.Dispose();
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
