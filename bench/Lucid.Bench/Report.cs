using System.Text;

namespace Lucid.Bench;

/// <summary>How a value is written: what it is multiplied with, how many digits, and the unit.</summary>
internal sealed record Unit(string Name, double Factor, string Digits)
{
    public static Unit Milliseconds { get; } = new("ms", 1e3, "0.0");
    public static Unit Microseconds { get; } = new("µs", 1e6, "0");
    public static Unit Seconds { get; } = new("s", 1, "0.00");
    public static Unit PerSecond { get; } = new("/s", 1, "#,0");
    public static Unit MebibytesPerSecond { get; } = new("MiB/s", 1.0 / (1 << 20), "#,0");
    public static Unit GigabytesPerSecond { get; } = new("GB/s", 1e-9, "0.00");
    public static Unit Number { get; } = new("", 1, "#,0.##");
    public static Unit Percent { get; } = new("%", 100, "0");
    public static Unit Cores { get; } = new("cores", 1, "0.00");
    public static Unit Kilobytes { get; } = new("kB", 1e-3, "0.0");
    public static Unit Megabytes { get; } = new("MB", 1e-6, "0");

    public string Of(double value) => (value * Factor).ToString(Digits);
}

/// <param name="Text">As design and documentation state it.</param>
/// <param name="Held">Null where this run cannot say.</param>
internal sealed record Target(string Text, bool? Held);

/// <summary>The table of one run, as Markdown.</summary>
internal sealed class Report(bool quick)
{
    private static readonly string[] _head = ["what", "median", "min..max", "beside", "target", "held"];

    private readonly List<string[]> _rows = [];
    private readonly string _loadBefore = Load();

    public void Add(string what, Sample sample, Unit unit, string beside = "", Target? target = null) => _rows.Add(
    [
        what, $"{unit.Of(sample.Median)} {unit.Name}", sample.Min < sample.Max ? $"{unit.Of(sample.Min)}..{unit.Of(sample.Max)}" : "",
        beside, target?.Text ?? "", target is null ? "" : target.Held switch { true => "yes", false => "NO", null => "?" },
    ]);

    /// <summary>A row for what could not be measured, and why.</summary>
    public void Skip(string what, string why) => _rows.Add([what, "skipped", "", why, "", ""]);

    public string ToText()
    {
        var text = new StringBuilder();
        text.Append($"{Environment.ProcessorCount} cores, .NET {Environment.Version}, load average {_loadBefore} before and {Load()} after");
        text.AppendLine(quick ? ", --quick: orders of magnitude only" : "");
        text.AppendLine();
        var widths = _head.Select((title, column) => _rows.Select(row => row[column].Length).Append(title.Length).Max()).ToArray();
        Line(_head);
        Line([.. widths.Select(width => new string('-', width))]);
        _rows.ForEach(Line);
        return text.ToString();

        void Line(string[] row) => text.AppendLine($"| {string.Join(" | ", row.Select((cell, column) => cell.PadRight(widths[column])))} |");
    }

    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
