using System.Collections.Immutable;

namespace Lucid.Client;

/// <summary>A user as the node tells them.</summary>
public sealed record UserView : Tagged
{
    /// <summary>All roles, each of which may do what those before it may, and more.</summary>
    public static ImmutableArray<string> Roles { get; } = ["user", "node_operator", "admin", "super_admin"];

    /// <summary>All states.</summary>
    public static ImmutableArray<string> States { get; } = ["active", "suspended"];

    /// <summary>A wallet's address, or mail: and that of a mailbox.</summary>
    public required string UserId { get; init; }

    /// <summary>One of <see cref="Roles"/>.</summary>
    public required string Role { get; init; }

    /// <summary>One of <see cref="States"/>.</summary>
    public required string Status { get; init; }

    /// <summary>When they were admitted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What they call themselves.</summary>
    public string? Name { get; init; }

    /// <summary>Where they can be reached.</summary>
    public string? Email { get; init; }

    /// <summary>When they signed in last.</summary>
    public DateTimeOffset? LastLoginAt { get; init; }

    /// <summary>The hardware wallet that they signed in with.</summary>
    public HardwareWallet? HardwareWallet { get; init; }

    /// <summary>Why they are suspended.</summary>
    public string? Reason { get; init; }
}

/// <summary>Which users are listed.</summary>
public sealed record UserFilter
{
    /// <summary>Only those with this role.</summary>
    public string? Role { get; init; }

    /// <summary>Only those in this state.</summary>
    public string? Status { get; init; }

    /// <summary>Only those with all of these words: 1 to 200 characters.</summary>
    public string? Query { get; init; }
}

/// <summary>A page of users.</summary>
/// <param name="Users">Those on it.</param>
/// <param name="Pagination">Where it stands in the list.</param>
public sealed record UserPage(ImmutableArray<UserView> Users, Pagination Pagination);

internal sealed record UserChange(string? Name, string? Email);

internal sealed record AdmitRequest(string? Address, string? Email, string? Role);
