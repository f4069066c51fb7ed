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
    private sqlite3_stmt? _above;
    private sqlite3_stmt? _below;
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

    /// <summary>
    /// Finds an entry by its key. Where there is none, the rows to both sides of where it would be are held against their checksums: a key with
    /// a flipped bit still stands in its old place, and the entry it hides could else be anchored twice.
    /// </summary>
    /// <exception cref="SqliteException">Also where a row that was looked at is not what was written.</exception>
    public bool Find(ReadOnlySpan<byte> key, out ulong place, out ulong height)
    {
        _find ??= Prepare("SELECT key, place, height, sum FROM entries WHERE key = ?");
        if (Step(_find, key, out place, out height))
            return true;
        _above ??= Prepare("SELECT key, place, height, sum FROM entries WHERE key > ? ORDER BY key LIMIT 1");
        _below ??= Prepare("SELECT key, place, height, sum FROM entries WHERE key < ? ORDER BY key DESC LIMIT 1");
        _ = Step(_above, key, out _, out _);
        _ = Step(_below, key, out _, out _);
        return false;
    }

    public void Insert(ReadOnlySpan<byte> key, ulong place, ulong height)
    {
        _insert ??= Prepare("INSERT INTO entries VALUES(?, ?, ?, ?)");
        Check(raw.sqlite3_bind_blob(_insert, 1, key));
        Check(raw.sqlite3_bind_int64(_insert, 2, (long)place));
        Check(raw.sqlite3_bind_int64(_insert, 3, (long)height));
        Check(raw.sqlite3_bind_int64(_insert, 4, IndexKey.Sum(key, place, height)));
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
        try
        {
            while (reader.Read())
                rows.Add(row(reader));
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidCastException or ArgumentException)
        {
            // SQLite keeps type and length with each value, and a flipped bit may turn it into another.
            throw new SqliteException("a value is not of the type that was written", raw.SQLITE_CORRUPT);
        }
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
        _above?.Dispose();
        _below?.Dispose();
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

    private bool Step(sqlite3_stmt statement, ReadOnlySpan<byte> key, out ulong place, out ulong height)
    {
        Check(raw.sqlite3_bind_blob(statement, 1, key));
        var result = raw.sqlite3_step(statement);
        (place, height) = (0, 0);
        var isWhole = true;
        if (result == raw.SQLITE_ROW)
        {
            (place, height) = ((ulong)raw.sqlite3_column_int64(statement, 1), (ulong)raw.sqlite3_column_int64(statement, 2));
            isWhole = raw.sqlite3_column_int64(statement, 3) == IndexKey.Sum(raw.sqlite3_column_blob(statement, 0), place, height);
        }
        raw.sqlite3_reset(statement);
        if (result is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
            Check(result);
        if (!isWhole)
            throw new SqliteException("an entry is not what was written", raw.SQLITE_CORRUPT);
        return result == raw.SQLITE_ROW;
    }

    private sqlite3_stmt Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_connection.Handle, sql, out var statement));
        return statement;
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _connection.Handle);
}
