using System.Collections.Immutable;
using System.Text;
using Lucid.GrainInterfaces.Lists;
using Npgsql;

namespace Lucid.Silo.Database;

/// <summary>The conditions of a query of a list, with their values.</summary>
internal sealed class PostgresConditions
{
    private readonly List<string> _conditions = [];
    private readonly List<(string Name, object Value)> _values = [];

    public void Add(string condition, params ReadOnlySpan<(string Name, object Value)> values)
    {
        _conditions.Add(condition);
        _values.AddRange(values);
    }

    /// <param name="words">All of them have to be there, the last with its beginning at least. None matches nothing.</param>
    public void AddWords(ImmutableArray<string> words)
    {
        if (words.IsEmpty)
            Add("false");
        else
            Add("search @@ @words::tsquery", ("words", string.Join(" & ", words.Select(word => $"'{word}'")) + ":*"));
    }

    /// <summary>The command of a text that has this clause in it.</summary>
    public NpgsqlCommand Command(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // Every text is a constant of this folder; values are parameters.
        var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        foreach (var (name, value) in _values)
            command.Parameters.AddWithValue(name, value);
        return command;
    }

    /// <summary>The clause, empty where there is no condition.</summary>
    public override string ToString() => _conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", _conditions)}";

    /// <summary>PostgreSQL's text has no NUL and no half of a surrogate pair. Columns are for order and filters only; the view has the text as it is.</summary>
    public static string Text(string text) =>
        text.AsSpan().ContainsAnyInRange('\ud800', '\udfff') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', ' ') : text.Replace('\0', ' ');

    /// <summary>PostgreSQL counts microseconds too, so a place in an order by time is exact.</summary>
    public static DateTime Time(ListPosition place) => DateTime.UnixEpoch.AddTicks(place.Time * TimeSpan.TicksPerMicrosecond);

    public static long Microseconds(DateTime time) => (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
