using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>A list of users with nobody in it. Users are tested on a real node.</summary>
internal sealed class NoUsers : IUserDirectory
{
    public Task UpsertAsync(UserView user, CancellationToken cancellation) => Task.CompletedTask;

    public Task<UserListPage> ListAsync(UserListQuery query, CancellationToken cancellation) => Task.FromResult(new UserListPage([], 0));
}
