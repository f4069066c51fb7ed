using System.Collections.Frozen;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>The one table of who may do what.</summary>
public static class Permissions
{
    // Where each role's own permissions end, in the order of the enumeration; the next role has all of them too.
    private static readonly FrozenDictionary<Role, Permission> _last = new Dictionary<Role, Permission>
    {
        [Role.User] = Permission.ViewLedger,
        [Role.NodeOperator] = Permission.ViewPoolInfo,
        [Role.Admin] = Permission.ManageTrustPolicies,
        [Role.SuperAdmin] = Enum.GetValues<Permission>()[^1],
    }.ToFrozenDictionary();

    public static bool Has(Role role, Permission permission) => permission <= _last[role];

    /// <summary>All of a role's, its own last.</summary>
    public static IReadOnlyList<Permission> Of(Role role) => [.. Enum.GetValues<Permission>().Where(permission => Has(role, permission))];

    /// <summary>The lowest role that has it.</summary>
    public static Role LowestWith(Permission permission) => Enum.GetValues<Role>().First(role => Has(role, permission));

    /// <summary>What whoever has that role, and not the permission, is told.</summary>
    public static string RefusalOf(Role role, Permission permission) => $"That takes the permission {permission}, which {LowestWith(permission)} and above have; you are {role}.";
}
