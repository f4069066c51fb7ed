using static Lucid.Client.ApiRequest;

namespace Lucid.Client;

/// <summary>Who may sign in. Users are named by their wallet's address, or by their mailbox's.</summary>
public sealed class UsersClient
{
    private const string Users = Api + "users";

    private readonly LucidClient _client;

    internal UsersClient(LucidClient client) => _client = client;

    /// <summary>The caller.</summary>
    public Task<UserView> GetMeAsync(CancellationToken cancellation = default) => _client.ReadAsync<UserView>(Get(Users + "/me"), cancellation);

    /// <summary>Changes what the caller says of themselves.</summary>
    /// <param name="name">At most 100 characters; empty for none, null for what it was.</param>
    /// <param name="email">At most 254 characters; empty for none, null for what it was.</param>
    /// <param name="ifMatch">The <see cref="Tagged.ETag"/> of what was read: 1016 (412) where it has changed since. Null: in any case.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<UserView> ChangeMeAsync(string? name = null, string? email = null, string? ifMatch = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<UserView>(Put(Users + "/me", new UserChange(name, email)).IfMatch(ifMatch), cancellation);

    /// <summary>Changes what is said of a user, for administrators.</summary>
    /// <param name="user">Whom.</param>
    /// <param name="name">At most 100 characters; empty for none, null for what it was.</param>
    /// <param name="email">At most 254 characters; empty for none, null for what it was.</param>
    /// <param name="ifMatch">As for <see cref="ChangeMeAsync"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<UserView> ChangeAsync(string user, string? name = null, string? email = null, string? ifMatch = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<UserView>(Put(Of(user), new UserChange(name, email)).IfMatch(ifMatch), cancellation);

    /// <summary>All users, the newest first, page by page as they are wanted.</summary>
    /// <param name="filter">Null for all.</param>
    /// <param name="pageSize">1 to 100 on a page.</param>
    /// <param name="cancellation">Gives up.</param>
    public IAsyncEnumerable<UserView> ListAsync(UserFilter? filter = null, int pageSize = 100, CancellationToken cancellation = default) => Pages.WalkAsync(
        (cursor, token) => _client.ReadAsync<UserPage>(Get(PathOf(filter, null, pageSize, cursor)), token), page => (page.Users, page.Pagination.NextCursor), cancellation);

    /// <summary>One page of them, with how many there are.</summary>
    /// <param name="filter">Null for all.</param>
    /// <param name="page">From 1.</param>
    /// <param name="pageSize">1 to 100 on a page.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<UserPage> GetPageAsync(UserFilter? filter = null, int page = 1, int pageSize = 20, CancellationToken cancellation = default) =>
        _client.ReadAsync<UserPage>(Get(PathOf(filter, page, pageSize, null)), cancellation);

    /// <summary>One user.</summary>
    public Task<UserView> GetAsync(string user, CancellationToken cancellation = default) => _client.ReadAsync<UserView>(Get(Of(user)), cancellation);

    /// <summary>Lets somebody sign in, or gives them another role.</summary>
    /// <param name="user">The address of a wallet, or of a mailbox.</param>
    /// <param name="role">One of <see cref="UserView.Roles"/>; null for user. Those above it take a super administrator.</param>
    /// <param name="idempotencyKey">1 to 64 visible ASCII characters: the same key again within a day answers the same. Null: a new one for each call.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<UserView> AdmitAsync(string user, string? role = null, string? idempotencyKey = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<UserView>(
            Post(Users, user.Contains('@', StringComparison.Ordinal) ? new AdmitRequest(null, user, role) : new AdmitRequest(user, null, role))
                .With("Idempotency-Key", _client.IdempotencyKey(idempotencyKey)), cancellation);

    /// <summary>Ends all of a user's logins and tokens within a second, and lets them in no more.</summary>
    /// <param name="user">Whom.</param>
    /// <param name="reason">Why, for them too: 1 to 255 characters.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<UserView> SuspendAsync(string user, string reason, CancellationToken cancellation = default) =>
        _client.ReadAsync<UserView>(Post(Of(user, "suspend"), new ReasonRequest(reason)), cancellation);

    /// <summary>Lets a user sign in again who was suspended. Logins and tokens of before stay ended.</summary>
    public Task<UserView> ActivateAsync(string user, CancellationToken cancellation = default) => _client.ReadAsync<UserView>(Post(Of(user, "activate")), cancellation);

    /// <summary>Takes a user's authenticator, recovery codes and logins away: their next link sets up a new one.</summary>
    public Task<UserView> ResetFactorAsync(string user, CancellationToken cancellation = default) => _client.ReadAsync<UserView>(Delete(Of(user, "factor")), cancellation);

    /// <summary>A user's open logins.</summary>
    public Task<LoginList> GetLoginsAsync(string user, CancellationToken cancellation = default) => _client.ReadAsync<LoginList>(Get(Of(user, "logins")), cancellation);

    /// <summary>Ends them all.</summary>
    public Task<LoginList> EndLoginsAsync(string user, CancellationToken cancellation = default) => _client.ReadAsync<LoginList>(Delete(Of(user, "logins")), cancellation);

    private static string Of(string user, string what) => $"{Of(user)}/{what}";

    /// <summary>The id of the user with that wallet or mailbox, as a part of a path.</summary>
    private static string Of(string user) =>
        $"{Users}/{Uri.EscapeDataString(user.Contains('@', StringComparison.Ordinal) && !user.StartsWith("mail:", StringComparison.Ordinal) ? $"mail:{user.ToLowerInvariant()}" : user)}";

    private static string PathOf(UserFilter? filter, int? page, int limit, string? cursor) =>
        Query(Users, ("page", page), ("limit", limit), ("role", filter?.Role), ("status", filter?.Status), ("q", filter?.Query), ("cursor", cursor));
}
