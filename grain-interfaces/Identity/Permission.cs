namespace Lucid.GrainInterfaces.Identity;

/// <summary>One thing that a role may do. Source: the original's lists, and below each role what Lucid adds.</summary>
public enum Permission
{
    // Every user
    CreateSession,
    ViewOwnSessions,
    DeleteOwnSessions,
    ViewOwnProfile,
    UpdateOwnProfile,
    ConnectHardwareWallet,

    /// <summary>Read blocks, anchors and proofs of the ledger, which anybody may verify but not at our expense.</summary>
    ViewLedger,

    // Node operators
    RegisterNode,
    ManageOwnNodes,
    ViewOwnNodes,
    SubmitPootVotes,
    ViewOwnPayouts,
    RequestPayout,
    ViewPoolInfo,

    // Administrators
    ViewUsers,
    ManageUsers,
    ViewAllSessions,
    DeleteAnySession,
    ViewBlockchainInfo,
    ViewAllNodes,
    ManagePools,
    ViewSystemMetrics,
    AccessAdminDashboard,
    ViewAuditLogs,
    ManageTrustPolicies,

    // Super administrators
    AnchorSessions,
    ApprovePayouts,
    ManagePayouts,
    AssignRoles,
    ManageSystemConfig,
    EmergencyLockdown,
    EmergencyShutdown,
    ForceUserLogout,

    /// <summary>Read, record and stop sessions of others.</summary>
    UseAnySession,

    /// <summary>Rotate a recorder's keys and fetch its recovery key.</summary>
    ManageRecorderKeys,
}
