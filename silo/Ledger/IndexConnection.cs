using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lucid.Silo.Ledger;

/// <summary>
/// One connection to the index. What is asked for every entry of a block, finding and inserting, goes to SQLite directly through statements
/// that stay prepared: ADO.NET's parameters would cost more than the search. For one thread at a time.
/// </summary>
internal sealed class IndexConnection : IDisposable
{
    private readonly SqliteConnection _connection;
    private sqlite3_stmt? _find;
    private sqlite3_stmt? _insert;

    public IndexConnection(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            _connection.Open();
            Run("PRAGMA busy_timeout = 5000");
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public bool Find(ReadOnlySpan<byte> key, out ulong place, out ulong height)
    {
        _find ??= Prepare("SELECT place, height FROM entries WHERE key = ?");
        Check(raw.sqlite3_bind_blob(_find, 1, key));
        var result = raw.sqlite3_step(_find);
        (place, height) = result == raw.SQLITE_ROW
            ? ((ulong)raw.sqlite3_column_int64(_find, 0), (ulong)raw.sqlite3_column_int64(_find, 1))
            : (0, 0);
        raw.sqlite3_reset(_find);
        if (result is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
            Check(result);
        return result == raw.SQLITE_ROW;
    }

    public void Insert(ReadOnlySpan<byte> key, ulong place, ulong height)
    {
        _insert ??= Prepare("INSERT INTO entries VALUES(?, ?, ?)");
        Check(raw.sqlite3_bind_blob(_insert, 1, key));
        Check(raw.sqlite3_bind_int64(_insert, 2, (long)place));
        Check(raw.sqlite3_bind_int64(_insert, 3, (long)height));
        var result = raw.sqlite3_step(_insert);
        raw.sqlite3_reset(_insert);
        if (result != raw.SQLITE_DONE)
            Check(result);
    }

    public void Run(string sql, params ReadOnlySpan<object> values)
    {
        using var command = Command(sql, values);
        command.ExecuteNonQuery();
    }

    public List<T> Read<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object> values)
    {
        using var command = Command(sql, values);
        using var reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
            rows.Add(row(reader));
        return rows;
    }

    public long Number(string sql) => Read(sql, row => row.GetInt64(0))[0];

    /// <summary>Ends a transaction that failed; SQLite may have ended it already.</summary>
    public void RollBack()
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
            Run("ROLLBACK");
    }

    public void Dispose()
    {
        _find?.Dispose();
        _insert?.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Command(string sql, ReadOnlySpan<object> values)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this folder; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue("$" + (i + 1).ToString(CultureInfo.InvariantCulture), values[i]);
        return command;
    }

    private sqlite3_stmt Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_connection.Handle, sql, out var statement));
        return statement;
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _connection.Handle);
}
