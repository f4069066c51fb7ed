namespace Lucid.Silo.Audit;

/// <summary>How bad a finding is. Notes are no damage.</summary>
public enum AuditSeverity
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Note,

    /// <summary>Wrong, but made again from what is right.</summary>
    Mendable,

    /// <summary>Wrong, and only a backup or another node has it right.</summary>
    Damage,
}

/// <param name="File">Relative to the data directory, with '/'.</param>
/// <param name="Problem">What is wrong in it.</param>
/// <param name="Meaning">What that means, or the cure.</param>
public sealed record AuditFinding(AuditSeverity Severity, string File, string Problem, string Meaning);
