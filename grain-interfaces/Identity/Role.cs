namespace Lucid.GrainInterfaces.Identity;

/// <summary>What somebody is to Lucid. Each role may do what those before it may, and more: see <see cref="Permissions"/>.</summary>
public enum Role
{
    /// <summary>Owns sessions.</summary>
    User,

    /// <summary>Runs nodes, too.</summary>
    NodeOperator,

    /// <summary>Looks after users, sessions and nodes. Reads no recording.</summary>
    Admin,

    /// <summary>May do everything, which whoever has the disks can anyway.</summary>
    SuperAdmin,
}
