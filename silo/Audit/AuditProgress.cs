using System.Globalization;

namespace Lucid.Silo.Audit;

/// <summary>One line that is written anew while the audit runs, and taken away at its end.</summary>
internal sealed class AuditProgress(TextWriter output) : IAsyncDisposable
{
    private static readonly TimeSpan _period = TimeSpan.FromMilliseconds(250);
    private const string Erase = "\r\u001b[K";

    private ITimer? _timer;

    public void Watch(AuditFindings findings) => _timer = TimeProvider.System.CreateTimer(
        _ => output.Write(string.Create(CultureInfo.InvariantCulture, $"{Erase}auditing: {findings.Files:#,0} files, {Size(findings.Bytes)} …")),
        null, _period, _period);

    /// <summary>12.3 MiB.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var (size, unit) = ((double)bytes, 0);
        for (; size >= 1024 && unit < units.Length - 1; unit++)
            size /= 1024;
        return size.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + units[unit];
    }

    public async ValueTask DisposeAsync()
    {
        if (_timer is null)
            return;
        // Waits for the line that may be on its way.
        await _timer.DisposeAsync();
        output.Write(Erase);
    }
}
