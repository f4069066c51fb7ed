using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Storage;

/// <summary>A connection to a <see cref="DirectoryFile"/>, for one caller at a time.</summary>
internal sealed class DirectoryConnection : IDisposable
{
    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly SemaphoreSlim _turn = new(1);

    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public DirectoryConnection(string path)
    {
        SqliteLibrary.Load();
        _path = path;
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            _connection.Open();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _connection.Dispose();
        _turn.Dispose();
    }

    /// <summary>Runs what uses the connection while nothing else does.</summary>
    /// <exception cref="GrainStoreException">The file cannot be read; the message names it and what would help.</exception>
    public async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        const string Cure = "Recording goes on. Stop the node, move the file away and start it: the lists are made again from sessions and users.";
        await _turn.WaitAsync(cancellation);
        try
        {
            return work();
        }
        catch (SqliteException e)
        {
            throw new GrainStoreException($"{_path}, the lists of sessions and users, cannot be read ({e.Message}). {Cure}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidCastException)
        {
            // SQLite keeps the type with each value, and a flipped bit may turn it into another.
            throw new GrainStoreException($"{_path}, the lists of sessions and users, is damaged ({e.Message}). {Cure}", e);
        }
        finally
        {
            _turn.Release();
        }
    }

    public SqliteTransaction Begin() => _connection.BeginTransaction();

    public SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this folder; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }
}
