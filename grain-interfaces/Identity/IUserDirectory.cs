using System.Collections.Immutable;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>The list of users: a read model that users write through and the gateway reads. The grains are the truth.</summary>
public interface IUserDirectory
{
    /// <summary>Inserts or replaces the user's row.</summary>
    Task UpsertAsync(UserView user, CancellationToken cancellation);

    Task<UserListPage> ListAsync(UserListQuery query, CancellationToken cancellation);
}

/// <param name="Page">From 1.</param>
/// <param name="Limit">1 to 100.</param>
public sealed record UserListQuery(int Page, int Limit, Role? Role, UserStatus? Status);

/// <param name="Users">The newest first.</param>
public sealed record UserListPage(ImmutableArray<UserView> Users, long Total);
