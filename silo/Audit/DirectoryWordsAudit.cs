using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Search;

namespace Lucid.Silo.Audit;

/// <summary>
/// The words of directory.db. SQLite does not look into the index of full-text search when it checks a file, and a word that is lost there is
/// a session that nobody finds: so the index is read whole and held against the rows.
/// </summary>
internal sealed class DirectoryWordsAudit(SqliteSnapshot directory)
{
    public IEnumerable<string> Faults() =>
    [
        .. Faults("session", "sessions", view => SearchWords.Of(JsonSerializer.Deserialize<SessionView>(view)!)),
        .. Faults("user", "users", view => SearchWords.Of(JsonSerializer.Deserialize<UserView>(view)!)),
    ];

    private List<string> Faults(string kind, string table, Func<string, ImmutableArray<string>> wordsOf)
    {
        List<string> faults = [];
        // Sums do not depend on the order, in which the index goes by word and the table by row; memory does not grow with either.
        UInt128 expected = 0, found = 0;
        foreach (var (id, place, view, stored) in directory.Query(
            $"SELECT id, place, view, w.words FROM {table} LEFT JOIN {kind}_words w ON w.rowid = place",
            row => (row.GetString(0), row.GetInt64(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3))))
        {
            if (Read(view, wordsOf) is not { IsDefault: false } words)
                continue;
            if (stored != string.Join(' ', words))
                faults.Add($"the words of {kind} {id} are not those that it is to be found by");
            foreach (var word in words)
                expected += Number(place, word);
        }
        // A table of this connection only; the file stays as it is.
        foreach (var _ in directory.Query($"CREATE VIRTUAL TABLE temp.{kind}_vocabulary USING fts5vocab('main', '{kind}_words', 'instance')", row => 0))
        {
        }
        foreach (var (place, word) in directory.Query($"SELECT doc, term FROM temp.{kind}_vocabulary", row => (row.GetInt64(0), row.GetString(1))))
            found += Number(place, word);
        if (found != expected)
            faults.Add($"the index of the words of {table} is not that of their rows");
        return faults;
    }

    /// <summary>Default where the view cannot be read, of which others tell.</summary>
    private static ImmutableArray<string> Read(string view, Func<string, ImmutableArray<string>> wordsOf)
    {
        try
        {
            return wordsOf(view);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static UInt128 Number(long place, string word) =>
        BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{place} {word}")).AsSpan());
}
