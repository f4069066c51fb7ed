using System.Globalization;

namespace Lucid.Bench.Load;

/// <summary>What a node holds and has used so far. Bytes and seconds.</summary>
internal sealed record NodeUsage(double Resident, double PeakResident, double Heap, int Handles, int Threads, double CpuSeconds, double PauseSeconds)
{
    /// <summary>The value of each series of the node's metrics, by its name with labels.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    public static NodeUsage Read(int process, string prometheus)
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var line in prometheus.Split('\n'))
        {
            if (!line.StartsWith('#') && line.LastIndexOf(' ') is var space and > 0)
                metrics[line[..space]] = double.Parse(line.AsSpan(space), NumberStyles.Float, CultureInfo.InvariantCulture);
        }
        double Sum(string name) => metrics.Where(series => series.Key.StartsWith(name, StringComparison.Ordinal)).Sum(series => series.Value);
        // Only Linux tells these in files; elsewhere the node's own metrics have to do.
        var status = File.Exists($"/proc/{process}/status") ? File.ReadAllLines($"/proc/{process}/status") : [];
        double Status(string name) =>
            status.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
                ? double.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) : double.NaN;
        return new NodeUsage(
            1024 * Status("VmRSS:"), 1024 * Status("VmHWM:"), Sum("dotnet_gc_last_collection_heap_size_bytes"),
            Directory.Exists($"/proc/{process}/fd") ? Directory.GetFiles($"/proc/{process}/fd").Length : 0, (int)Math.Max(0, Status("Threads:")),
            Sum("dotnet_process_cpu_time_seconds_total"), Sum("dotnet_gc_pause_time_seconds_total"))
        { Metrics = metrics };
    }

    /// <summary>The sum of all series whose name with labels begins so.</summary>
    public double Sum(string beginning) => Metrics.Where(series => series.Key.StartsWith(beginning, StringComparison.Ordinal)).Sum(series => series.Value);

    public string InWords() =>
        $"resident {Resident / 1e6:0} MB, peak {PeakResident / 1e6:0}, heap {Heap / 1e6:0}, handles {Handles}, threads {Threads}";
}
