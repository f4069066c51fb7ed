using Microsoft.Data.Sqlite;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>
/// A SQLite file read without a trace: nothing is created, written or checkpointed beside it, not even the files that a read-only connection
/// makes. The program that writes the file may be running (its write-ahead log is then shared, and one moment of it is seen) or not (the file
/// is read as it is, or, where a kill left a write-ahead log, a copy of both in the system's temporary folder is).
/// </summary>
public sealed class SqliteSnapshot : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly DirectoryInfo? _copy;
    private readonly Dictionary<string, SqliteCommand> _lookups = new(StringComparer.Ordinal);

    private SqliteSnapshot(SqliteConnectionStringBuilder source, DirectoryInfo? copy)
    {
        _copy = copy;
        _connection = new SqliteConnection(source.ToString());
        try
        {
            _connection.Open();
            // One moment for everything that is read here.
            using var begin = _connection.CreateCommand();
            begin.CommandText = "BEGIN";
            begin.ExecuteNonQuery();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <param name="live">Whether the program that writes the file is running. If not, it must not be started meanwhile.</param>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public static SqliteSnapshot Open(string path, bool live)
    {
        SqliteLibrary.Load();
        var source = new SqliteConnectionStringBuilder { Pooling = false, Mode = SqliteOpenMode.ReadOnly, DataSource = path };
        if (live)
            return new SqliteSnapshot(source, null);
        if (!WalFile.HasContent(path))
        {
            source.DataSource = $"file:{Escape(Path.GetFullPath(path))}?immutable=1";
            return new SqliteSnapshot(source, null);
        }
        var copy = Directory.CreateTempSubdirectory("lucid-snapshot-");
        try
        {
            source.DataSource = Path.Combine(copy.FullName, "copy.db");
            source.Mode = SqliteOpenMode.ReadWrite;
            File.Copy(path, source.DataSource);
            File.Copy(WalFile.PathOf(path), WalFile.PathOf(source.DataSource));
            return new SqliteSnapshot(source, copy);
        }
        catch
        {
            if (copy.Exists)
                copy.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>What SQLite itself finds wrong, at most 20 sentences.</summary>
    public IReadOnlyList<string> Integrity() =>
        [.. Query("PRAGMA integrity_check(20)", row => row.GetString(0)).Where(said => said != "ok")];

    /// <summary>The first row of a statement that is asked often: it stays prepared.</summary>
    public T? Find<T>(string sql, Func<SqliteDataReader, T> row, params object[] values) where T : class
    {
        if (!_lookups.TryGetValue(sql, out var command))
            _lookups.Add(sql, command = Command(sql, values));
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        using var reader = command.ExecuteReader();
        return reader.Read() ? Row(reader, row) : null;
    }

    /// <summary>Runs a statement. Rows are read as they are asked for.</summary>
    public IEnumerable<T> Query<T>(string sql, Func<SqliteDataReader, T> row, params object[] values)
    {
        using var command = Command(sql, values);
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return Row(reader, row);
    }

    public void Dispose()
    {
        foreach (var command in _lookups.Values)
            command.Dispose();
        _connection.Dispose();
        _copy?.Delete(recursive: true);
    }

    private static T Row<T>(SqliteDataReader reader, Func<SqliteDataReader, T> row)
    {
        try
        {
            return row(reader);
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidCastException)
        {
            // SQLite keeps the type with each value, and a flipped bit may turn it into another, or into none.
            throw new SqliteException("a value is not of the type that was written", 11);
        }
    }

    private SqliteCommand Command(string sql, object[] values)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of whoever knows the tables; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        return command;
    }

    private static string Escape(string path) =>
        string.Join('/', path.Replace('\\', '/').Split('/').Select(Uri.EscapeDataString));
}
