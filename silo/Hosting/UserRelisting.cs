using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Hosting;

/// <summary>Writes the list of users anew from the users themselves: all of it where it is lost, and single rows that turn out to be damaged.</summary>
internal sealed class UserRelisting(IGrains grains, SqliteGrainStore store, UserDirectory directory, ILogger<UserRelisting> log)
{
    /// <summary>Has damaged rows written anew from here on.</summary>
    public void WatchRows() => directory.Repair = user => _ = ListAsync(user);

    public async Task ListAllAsync(CancellationToken cancellation)
    {
        foreach (var user in store.KeysOf("user"))
        {
            cancellation.ThrowIfCancellationRequested();
            await ListAsync(user);
        }
    }

    internal async Task ListAsync(string user)
    {
        try
        {
            await directory.UpsertAsync(await grains.Get<IUserGrain>(user).GetAsync(Caller.Lucid), CancellationToken.None);
        }
        catch (UserUnknownException)
        {
            // Somebody tried to log in and was not admitted: a grain without a user.
        }
        // Whatever it is, it is one user's: the others are to be listed all the same.
        catch (Exception exception)
        {
            log.LogWarning("User {User} could not be listed anew: {Reason}", user, exception.Message);
        }
    }
}
