namespace Lucid.Evidence.Audit;

/// <summary>What an event of the audit log is about. Written in snake case, so the names are part of the format.</summary>
public enum AuditKind
{
    /// <summary>Somebody signed in or out, or could not.</summary>
    Authentication,

    /// <summary>Somebody was not let at something.</summary>
    Authorization,
    UserManagement,
    SessionManagement,
    NodeManagement,
    BlockchainOperation,
    SystemConfiguration,
    EmergencyAction,

    /// <summary>Something that looks like an attack, such as too many requests.</summary>
    SecurityEvent,

    /// <summary>Somebody took out what others recorded: a key, a recording, the audit log itself.</summary>
    DataAccess,
    PolicyChange,
    KeyRotation,
    Governance,
}

/// <summary>How much an event matters.</summary>
public enum AuditSeverity
{
    Info,
    Warning,
    Critical,
}

/// <summary>What came of what an event tells.</summary>
public enum AuditOutcome
{
    /// <summary>It is about to be done: the record that is durable before the deed. What came of it stands in a later one with the same request id.</summary>
    Begun,
    Success,

    /// <summary>It was not allowed, or not possible as it was asked for. Nothing was done.</summary>
    Refused,

    /// <summary>It broke off; some of it may have been done.</summary>
    Failed,
}
