using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Storage;

/// <summary>
/// The SQLite file of the lists of sessions and users. Derived from the grains, so it is not flushed on every write: a killed process loses
/// nothing, a power cut at most rows that are made good when their grain is next asked. So damage to it costs nobody anything: a damaged
/// file is put aside and made again, and a damaged row is left out until its grain has written it anew.
/// </summary>
public sealed class DirectoryFile : IDisposable
{
    private readonly DataFolder _folder;

    /// <exception cref="InvalidDataException">The file is of a newer Lucid, or cannot be opened. The message names it.</exception>
    public DirectoryFile(DataFolder folder, ILogger<DirectoryFile> log)
    {
        _folder = folder;
        LacksSessions = LacksShares = LacksUsers = !File.Exists(folder.Directory);
        try
        {
            Writer = Open();
        }
        catch (SqliteException damage) when (damage.SqliteErrorCode is 11 or 26)
        {
            foreach (var suffix in (ReadOnlySpan<string>)["-wal", "-shm", ""])
            {
                if (File.Exists(folder.Directory + suffix))
                    log.LogWarning("{File} is damaged ({Reason}) and put aside as {Aside}; the lists are made again from sessions and users",
                        folder.Directory, damage.Message, DurableFile.PutAside(folder.Directory + suffix));
            }
            LacksSessions = LacksShares = LacksUsers = true;
            Writer = Open();
        }
        catch (SqliteException e)
        {
            throw new InvalidDataException($"{folder.Directory} cannot be opened ({e.Message}). Make it and its folder writable for this user, and look for free space on the disk.", e);
        }
        Reader = new DirectoryConnection(Path);
    }

    /// <summary>There was no list of sessions: whoever opened it has to wake those that it should have.</summary>
    public bool LacksSessions { get; private set; }

    /// <summary>It was not known with whom sessions are shared, in the same way; the list can be read all the same.</summary>
    public bool LacksShares { get; private set; }

    /// <summary>There was no list of users, in the same way.</summary>
    public bool LacksUsers { get; private set; }

    public string Path => _folder.Directory;

    /// <summary>For what sessions and users write, and ask on their way.</summary>
    internal DirectoryConnection Writer { get; }

    /// <summary>For lists: a search for a word that everything has takes a tenth of a second, for which no session should wait.</summary>
    internal DirectoryConnection Reader { get; }

    public void Dispose()
    {
        Reader.Dispose();
        Writer.Dispose();
    }

    /// <summary>Lets a row be found by its words.</summary>
    /// <param name="table">The table of words.</param>
    /// <param name="place">The row's own number, which the words stand under too.</param>
    /// <param name="words">Separated by spaces.</param>
    internal void WriteWords(string table, long place, string words)
    {
        using var find = Writer.Command($"SELECT words FROM {table} WHERE rowid = @place", ("@place", place));
        // A session is listed anew with each thing that happens to it, its words hardly ever change, and writing them costs more than the row.
        if (find.ExecuteScalar() as string == words)
            return;
        using var write = Writer.Command($"INSERT OR REPLACE INTO {table}(rowid, words) VALUES(@place, @words)", ("@place", place), ("@words", words));
        write.ExecuteNonQuery();
    }

    private DirectoryConnection Open()
    {
        var connection = new DirectoryConnection(Path);
        try
        {
            using (var settings = connection.Command("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"))
                settings.ExecuteNonQuery();
            var found = DirectorySchema.Found(connection);
            if (found > DirectorySchema.Version)
                throw new InvalidDataException($"{Path} has schema {found}; this Lucid knows {DirectorySchema.Version}. Run the newer Lucid that wrote it.");
            LacksShares |= found < DirectorySchema.WithShares;
            LacksUsers |= found < DirectorySchema.WithUsers;
            LacksSessions |= found < DirectorySchema.WithSums;
            DirectorySchema.Apply(connection, found);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
