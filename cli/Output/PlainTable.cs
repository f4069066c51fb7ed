using Spectre.Console;

namespace Lucid.Cli.Output;

/// <summary>Tables without frames: as easy to read as to cut with awk.</summary>
internal static class PlainTable
{
    public static Table Create(params string[] columns)
    {
        var table = new Table().NoBorder();
        foreach (var column in columns)
            table.AddColumn(new TableColumn(new Markup($"[grey]{Markup.Escape(column)}[/]")).NoWrap().PadRight(2));
        return table;
    }

    /// <summary>Name and value, a line each; values that are not there are left out.</summary>
    public static Table Facts(params IReadOnlyList<(string Name, string? Value)> facts)
    {
        var table = new Table().NoBorder().HideHeaders();
        table.AddColumn(new TableColumn("").NoWrap().PadRight(2));
        table.AddColumn(new TableColumn(""));
        foreach (var (name, value) in facts)
        {
            if (!string.IsNullOrEmpty(value))
                table.AddRow(new Markup($"[grey]{Markup.Escape(name)}[/]"), new Text(value));
        }
        return table;
    }
}
