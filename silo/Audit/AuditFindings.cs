using Lucid.Silo.Storage;

namespace Lucid.Silo.Audit;

/// <summary>Collects what the checks find and counts what they read, from any thread. Keeps a bounded number of findings and counts the rest.</summary>
internal sealed class AuditFindings(DataFolder folder)
{
    public const int MaxKept = 10_000;

    private readonly Lock _gate = new();
    private readonly List<AuditFinding> _kept = [];
    private readonly Dictionary<AuditSeverity, long> _counts = [];
    private readonly HashSet<string> _damaged = new(StringComparer.Ordinal);
    private long _files;
    private long _bytes;

    public long Files => Interlocked.Read(ref _files);
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>A file was read whole.</summary>
    public void Counted(long bytes)
    {
        Interlocked.Increment(ref _files);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void Damage(string path, string problem, string meaning) => Add(AuditSeverity.Damage, path, problem, meaning);

    public void Mendable(string path, string problem, string meaning) => Add(AuditSeverity.Mendable, path, problem, meaning);

    public void Note(string path, string problem, string meaning) => Add(AuditSeverity.Note, path, problem, meaning);

    /// <summary>By file, in the order in which they were found within it.</summary>
    public AuditReport ToReport()
    {
        lock (_gate)
        {
            return new AuditReport(
                [.. _kept.OrderBy(finding => finding.File, StringComparer.Ordinal)], _counts.Values.Sum() - _kept.Count, _damaged.Count,
                _counts.GetValueOrDefault(AuditSeverity.Damage), _counts.GetValueOrDefault(AuditSeverity.Mendable), Files, Bytes);
        }
    }

    public void Add(AuditSeverity severity, string path, string problem, string meaning)
    {
        var file = Path.GetRelativePath(folder.Root, path).Replace('\\', '/');
        lock (_gate)
        {
            _counts[severity] = _counts.GetValueOrDefault(severity) + 1;
            if (_kept.Count < MaxKept)
                _kept.Add(new AuditFinding(severity, file, problem.TrimEnd('.'), meaning.TrimEnd('.')));
            if (severity != AuditSeverity.Note && _damaged.Count < MaxKept)
                _damaged.Add(file);
        }
    }
}

/// <param name="NotKept">Findings beyond those that are listed.</param>
/// <param name="DamagedFiles">Files with damage, of whatever kind.</param>
/// <param name="Damages">Findings that only a backup cures.</param>
/// <param name="Mendables">Findings that the next start, or deleting the file, cures.</param>
/// <param name="Files">Files read whole.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record AuditReport(
    IReadOnlyList<AuditFinding> Findings, long NotKept, int DamagedFiles, long Damages, long Mendables, long Files, long Bytes)
{
    public bool IsClean => Damages == 0 && Mendables == 0;
}
