using System.Collections.Immutable;
using Lucid.GrainInterfaces.Lists;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>The list of users: a read model that users write through and the gateway reads. The grains are the truth.</summary>
public interface IUserDirectory
{
    /// <summary>Inserts or replaces the user's row.</summary>
    Task UpsertAsync(UserView user, CancellationToken cancellation);

    /// <exception cref="InvalidRequestException"><see cref="UserListQuery.Search"/> is too short or too long, or <see cref="UserListQuery.After"/> is no place in the list.</exception>
    Task<UserListPage> ListAsync(UserListQuery query, CancellationToken cancellation);
}

/// <param name="Page">From 1. Of no account where <see cref="After"/> is given.</param>
/// <param name="Limit">1 to 100.</param>
public sealed record UserListQuery(int Page, int Limit, Role? Role, UserStatus? Status)
{
    /// <summary>The only order: the newest first.</summary>
    public const string Sort = "created_at";

    /// <summary>Only users whose id, name and e-mail address have these words between them: a <see cref="SearchText"/>. Null for all.</summary>
    public string? Search { get; init; }

    /// <summary>Go on behind this place. Its order is <see cref="Sort"/>.</summary>
    public ListPosition? After { get; init; }
}

/// <param name="Users">The newest first.</param>
/// <param name="Total">Of all pages; null where the query goes on behind a place, since counting costs more than a page.</param>
public sealed record UserListPage(ImmutableArray<UserView> Users, long? Total)
{
    /// <summary>Behind the last of these users; null where no more follow.</summary>
    public ListPosition? Next { get; init; }
}
