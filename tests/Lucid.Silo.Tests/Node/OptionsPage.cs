using System.Globalization;
using System.Text.RegularExpressions;

namespace Lucid.Silo.Tests.Node;

/// <summary>docs/options.md as a table: what it says of each option.</summary>
internal sealed partial record OptionsPage(IReadOnlyList<OptionsPage.Row> Rows)
{
    public sealed record Row(string Option, string Default, string Range);

    public static OptionsPage Parse(string markdown) => new(
        [.. from line in markdown.Split('\n')
            where line.StartsWith("| `", StringComparison.Ordinal)
            let cells = line.Trim('|', ' ').Split(" | ")
            select new Row(Quoted().Match(cells[0]).Groups["name"].Value, cells[1].Trim(), cells[2].Trim())]);

    /// <summary>What a cell says as a value of the type: "10 chunks" is 10, "1 d" a day, "256 MiB" as many bytes. Null where it says nothing of the kind.</summary>
    public static object? Value(string cell, Type type)
    {
        if (type == typeof(string) || type.IsEnum)
            return cell == "none" ? null : Quoted().Match(cell).Groups["name"].Value;
        if (type == typeof(bool))
            return bool.TryParse(cell, out var truth) ? truth : null;
        if (Number().Match(cell) is not { Success: true } match)
            return null;
        var number = double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        var unit = match.Groups["unit"].Value;
        if (type == typeof(TimeSpan))
        {
            return unit switch
            {
                "ms" => TimeSpan.FromMilliseconds(number),
                "s" => TimeSpan.FromSeconds(number),
                "min" => TimeSpan.FromMinutes(number),
                "h" => TimeSpan.FromHours(number),
                "d" => TimeSpan.FromDays(number),
                _ => number == 0 ? TimeSpan.Zero : null,
            };
        }
        var bytes = number * unit switch { "KiB" => 1L << 10, "MiB" => 1L << 20, "GiB" => 1L << 30, _ => 1 };
        return Convert.ChangeType(bytes, type, CultureInfo.InvariantCulture);
    }

    /// <summary>Both ends of "1 s to 7 d".</summary>
    public static (object? Least, object? Most) Ends(string cell, Type type) =>
        cell.Split(" to ") is [var least, var most] ? (Value(least, type), Value(most, type)) : (null, null);

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^(?<number>\d+(\.\d+)?)(\s(?<unit>\S+))?", RegexOptions.ExplicitCapture)]
    private static partial Regex Number();
}
