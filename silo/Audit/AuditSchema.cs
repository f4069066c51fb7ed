using System.Text;
using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence;

namespace Lucid.Silo.Audit;

/// <summary>
/// The tables that Lucid makes in one of its SQLite files. SQLite neither checks their text, which it keeps in the file and goes by, nor
/// that a value has its column's type: a flipped bit turns bytes into text of the same length, which reads the same and is never found again.
/// </summary>
/// <param name="texts">The SHA-256 of their text: of a new file, and of those that were brought up to date.</param>
internal sealed class AuditSchema(params string[] texts)
{
    public static AuditSchema Grains { get; } = new("2c8a6769648e911e554e30b2510eb43fbc2baa3427fd60f633c24394f075efdb", "7777394941912bcce81e5bae1c9e033c62eaa09f6ec0458e1fce6a371e6badf1");
    public static AuditSchema Index { get; } = new("db4324b13bd633fa3e4e172b5c1d09edebff84ae675a9689193c033377622dd5");
    public static AuditSchema Checkpoints { get; } = new("aef0810873a91e4cf5c5c7e4e8264b0f2658fb777ff60035826e4a499e2d9023");
    public static AuditSchema Directory { get; } = new("bd2f240ef1c18cffae90e66fb1c2ce34190f72ab1e6a1c13fcea1721034b8fa0");

    /// <summary>What is wrong with a file's tables, or with the types of what they hold.</summary>
    public IEnumerable<string> FindFaults(SqliteSnapshot file) =>
        texts.Contains(TextOf(file), StringComparer.Ordinal) ? ForeignTypes(file) : ["its tables are not those that Lucid makes"];

    /// <summary>The SHA-256 of the text of a file's tables and indices, in hex.</summary>
    internal static string TextOf(SqliteSnapshot file) => Hash256.Of(Encoding.UTF8.GetBytes(string.Join('\n', file.Query(
        // A row whose text has become bytes is none of those that were written.
        "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master " +
        // The tables that full-text search keeps for itself have the text of whichever SQLite made them.
        "WHERE name NOT LIKE '%\\_words\\_%' ESCAPE '\\' AND typeof(type) = 'text' AND typeof(name) = 'text' AND typeof(tbl_name) = 'text' AND typeof(sql) IN ('text', 'null') ORDER BY name",
        row => $"{row.GetString(0)}|{row.GetString(1)}|{row.GetString(2)}|{row.GetString(3)}")))).ToString();

    private static IEnumerable<string> ForeignTypes(SqliteSnapshot file)
    {
        // Those of full-text search have none; what is in them is held against the rows.
        var columns = file.Query(
            "SELECT t.name, c.name, lower(c.type) FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND c.type <> ''",
            row => (Table: row.GetString(0), Column: row.GetString(1), Type: row.GetString(2))).ToList();
        foreach (var table in columns.GroupBy(column => column.Table, StringComparer.Ordinal))
        {
            var counts = string.Join(" + ", table.Select(column => $"(typeof(\"{column.Column}\") <> '{column.Type}')"));
            // No more than needed to say so: a table can have millions of rows.
            if (file.Query($"SELECT 1 FROM \"{table.Key}\" WHERE {counts} > 0 LIMIT 1", row => row.GetInt64(0)).Any())
                yield return $"table {table.Key} holds a value that is not of its column's type";
        }
    }
}
