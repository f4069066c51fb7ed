using System.Collections.Immutable;

namespace Lucid.Silo.Storage;

/// <summary>The conditions of a query of a <see cref="DirectoryFile"/>, with their values.</summary>
internal sealed class SqliteConditions
{
    // With so many matches or fewer it is cheaper to look each up and sort them than to look for them in the list's order; measured, with
    // 100,000 sessions, to 10 ms at most for either.
    private const long Few = 1_000;

    private readonly List<string> _conditions = [];

    public List<(string Name, object? Value)> Values { get; } = [];

    /// <summary>How many rows there are, where the words are the only condition, which tell without looking at a row.</summary>
    public long? Total { get; private set; }

    public void Add(string condition, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        _conditions.Add(condition);
        Values.AddRange(values);
    }

    /// <param name="table">The table of words, under the places of the rows.</param>
    /// <param name="words">All of them have to be there, the last with its beginning at least. None matches nothing.</param>
    public void AddWords(DirectoryConnection connection, string table, ImmutableArray<string> words)
    {
        long found = 0;
        if (words.IsEmpty)
        {
            Add("0");
        }
        else
        {
            // Quoted, a word is a word, also where it reads AND or NEAR.
            (string, object?) match = ("@words", string.Join(" AND ", words.Select(word => $"\"{word}\"")) + " *");
            using var count = connection.Command($"SELECT count(*) FROM {table} WHERE {table} MATCH @words", match);
            found = (long)count.ExecuteScalar()!;
            // The plus keeps SQLite from going by the words.
            Add($"{(found > Few ? "+" : "")}place IN (SELECT rowid FROM {table} WHERE {table} MATCH @words)", match);
        }
        Total = _conditions.Count == 1 ? found : null;
    }

    /// <summary>The clause, empty where there is no condition.</summary>
    public override string ToString() => _conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", _conditions)}";
}
