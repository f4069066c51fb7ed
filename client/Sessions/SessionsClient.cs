using System.Net;
using static Lucid.Client.ApiRequest;

namespace Lucid.Client;

/// <summary>Sessions from their beginning to their end, and who may see them.</summary>
public sealed class SessionsClient
{
    private const string Sessions = Api + "sessions";

    private readonly LucidClient _client;

    internal SessionsClient(LucidClient client) => _client = client;

    /// <summary>Begins a session.</summary>
    /// <param name="session">What it is to be.</param>
    /// <param name="idempotencyKey">1 to 64 visible ASCII characters: the same key again within a day answers the same session. Null: a new one for each call.</param>
    /// <param name="cancellation">Gives up. The session may have been made.</param>
    /// <returns>The session, with its <see cref="SessionView.Lease"/>.</returns>
    public Task<SessionView> CreateAsync(NewSession session, string? idempotencyKey = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<SessionView>(Post(Sessions, session).With("Idempotency-Key", _client.IdempotencyKey(idempotencyKey)), cancellation);

    /// <summary>All sessions that the caller may see, page by page as they are wanted.</summary>
    /// <param name="filter">Null for all, the newest first.</param>
    /// <param name="pageSize">1 to 100 on a page.</param>
    /// <param name="cancellation">Gives up.</param>
    public IAsyncEnumerable<SessionView> ListAsync(SessionFilter? filter = null, int pageSize = 100, CancellationToken cancellation = default) =>
        Pages.WalkAsync(
            (cursor, token) => _client.ReadAsync<SessionPage>(Get(PathOf(filter, null, pageSize, cursor)), token), page => (page.Sessions, page.Pagination.NextCursor), cancellation);

    /// <summary>One page of them, with how many there are.</summary>
    /// <param name="filter">Null for all, the newest first.</param>
    /// <param name="page">From 1.</param>
    /// <param name="pageSize">1 to 100 on a page.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<SessionPage> GetPageAsync(SessionFilter? filter = null, int page = 1, int pageSize = 20, CancellationToken cancellation = default) =>
        _client.ReadAsync<SessionPage>(Get(PathOf(filter, page, pageSize, null)), cancellation);

    /// <summary>One session.</summary>
    public Task<SessionView> GetAsync(Guid session, CancellationToken cancellation = default) => _client.ReadAsync<SessionView>(Get(Of(session)), cancellation);

    /// <summary>Changes what a session was made with.</summary>
    /// <param name="session">The session.</param>
    /// <param name="change">What is to be another; what is null stays.</param>
    /// <param name="ifMatch">The <see cref="Tagged.ETag"/> of what was read: 1016 (412) where it has changed since, which each chunk does. Null: in any case.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<SessionView> ChangeAsync(Guid session, SessionChange change, string? ifMatch = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<SessionView>(Put(Of(session), change).IfMatch(ifMatch), cancellation);

    /// <summary>What sessions add up to.</summary>
    /// <param name="owner">Those of that user. Null: the caller's own; for administrators, everybody's.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<SessionStatistics> AddUpAsync(string? owner = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<SessionStatistics>(Get(Query(Sessions + "/statistics", ("owner", owner))), cancellation);

    /// <summary>Says that whoever records is still there. Needed every 15 s while no chunk comes.</summary>
    /// <param name="session">The session.</param>
    /// <param name="lease">The newest; 4101 (409) where somebody else has taken the session over.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task HeartbeatAsync(Guid session, long lease, CancellationToken cancellation = default) =>
        _client.SendAsync(Post($"{Of(session)}/heartbeat").WithLease(lease), cancellation);

    /// <summary>Says that no chunk comes for a while. The next one ends the pause, which becomes a gap.</summary>
    public Task<SessionView> PauseAsync(Guid session, long lease, CancellationToken cancellation = default) =>
        _client.ReadAsync<SessionView>(Post($"{Of(session)}/pause").WithLease(lease), cancellation);

    /// <summary>Takes a session over, with a new lease that fences every older one.</summary>
    /// <returns>The session; or a new one that continues it, if it was closed as interrupted meanwhile.</returns>
    public Task<SessionView> ResumeAsync(Guid session, CancellationToken cancellation = default) => _client.ReadAsync<SessionView>(Post($"{Of(session)}/resume"), cancellation);

    /// <summary>Closes a session: its manifest is written, and anchored with the next block.</summary>
    /// <param name="session">The session.</param>
    /// <param name="lease">The newest.</param>
    /// <param name="acceptGaps">Missing chunks become gaps; else they are 4104 (409).</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<SessionView> StopAsync(Guid session, long lease, bool acceptGaps = false, CancellationToken cancellation = default) =>
        _client.ReadAsync<SessionView>(Post(Query($"{Of(session)}/stop", ("accept_gaps", acceptGaps))).WithLease(lease), cancellation);

    /// <summary>Goes on with a session that failed, where it stands.</summary>
    public Task<SessionView> RecoverAsync(Guid session, CancellationToken cancellation = default) => _client.ReadAsync<SessionView>(Post($"{Of(session)}/recover"), cancellation);

    /// <summary>Destroys a session's key and ciphertext, for ever. Its proofs stay.</summary>
    public Task<SessionView> EraseAsync(Guid session, CancellationToken cancellation = default) => _client.ReadAsync<SessionView>(Delete(Of(session)), cancellation);

    /// <summary>Waits until the ledger holds a session that was stopped, as long as it takes.</summary>
    /// <param name="session">The session.</param>
    /// <param name="askEvery">Between questions; null for a second.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RefusedException">It failed or was erased, which waiting does not mend. Its code is LUCID_ERR_4007, and its message says why.</exception>
    public async Task<SessionView> WaitUntilAnchoredAsync(Guid session, TimeSpan? askEvery = null, CancellationToken cancellation = default)
    {
        while (true)
        {
            var view = await GetAsync(session, cancellation);
            if (view.Status == SessionStatus.Anchored)
                return view;
            if (view.Status is SessionStatus.Failed or SessionStatus.Erased)
                throw new RefusedException(HttpStatusCode.Conflict, "LUCID_ERR_4007", $"Session {session:D} is {view.Status}{(view.Failure is { } why ? $": {why}" : "")}.");
            await Task.Delay(askEvery ?? TimeSpan.FromSeconds(1), _client.Clock, cancellation);
        }
    }

    /// <summary>Who beside the owner may view and play a session.</summary>
    public Task<ShareList> GetSharesAsync(Guid session, CancellationToken cancellation = default) => _client.ReadAsync<ShareList>(Get($"{Of(session)}/shares"), cancellation);

    /// <summary>Lets somebody view and play a session for a while; given again, until another time. Never its key.</summary>
    /// <param name="session">The session.</param>
    /// <param name="share">With whom, and until when.</param>
    /// <param name="idempotencyKey">As for <see cref="CreateAsync"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<ShareList> ShareAsync(Guid session, ShareView share, string? idempotencyKey = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<ShareList>(Post($"{Of(session)}/shares", share).With("Idempotency-Key", _client.IdempotencyKey(idempotencyKey)), cancellation);

    /// <summary>Takes that back.</summary>
    public Task<ShareList> UnshareAsync(Guid session, string auditor, CancellationToken cancellation = default) =>
        _client.ReadAsync<ShareList>(Delete($"{Of(session)}/shares/{Uri.EscapeDataString(auditor)}"), cancellation);

    internal static string Of(Guid session) => $"{Sessions}/{session:D}";

    private static string PathOf(SessionFilter? filter, int? page, int limit, string? cursor) => Query(
        Sessions, ("page", page), ("limit", limit), ("status", filter?.Status), ("sort", filter?.Sort), ("owner", filter?.Owner), ("q", filter?.Query), ("shared", filter?.Shared), ("cursor", cursor));
}
