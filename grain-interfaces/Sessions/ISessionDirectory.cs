using System.Collections.Immutable;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Lists;

namespace Lucid.GrainInterfaces.Sessions;

/// <summary>
/// The list of sessions: a read model that session grains write through and the gateway reads. It may lag behind a crash by one
/// transition until the session is next woken; the grains are the truth.
/// </summary>
public interface ISessionDirectory
{
    /// <summary>Inserts or replaces the session's row.</summary>
    /// <param name="shares">With whom it is shared, those included that have expired.</param>
    Task UpsertAsync(SessionView session, ImmutableArray<SessionShare> shares, CancellationToken cancellation);

    /// <summary>Asked by a session that finds nothing stored about itself, whether that can be.</summary>
    /// <exception cref="GrainDamagedException">The list knows the session: what was stored about it is gone.</exception>
    Task CheckNewAsync(Guid session, CancellationToken cancellation);

    /// <exception cref="InvalidRequestException"><see cref="SessionListQuery.Search"/> is too short or too long, or <see cref="SessionListQuery.After"/> is no place in that order.</exception>
    Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation);

    /// <summary>What a user's sessions add up to; everybody's where the owner is null.</summary>
    Task<SessionStatistics> AddUpAsync(string? owner, CancellationToken cancellation);
}

/// <param name="Page">From 1. Of no account where <see cref="After"/> is given.</param>
/// <param name="Limit">1 to 100.</param>
/// <param name="Sort">created_at, updated_at or name; newest or A first.</param>
public sealed record SessionListQuery(int Page, int Limit, SessionStatus? Status, string Sort, string? Owner)
{
    /// <summary>Only sessions whose name, description, owner and names of tracks have these words between them: a <see cref="SearchText"/>. Null for all.</summary>
    public string? Search { get; init; }

    /// <summary>
    /// Only sessions with a share to this user that has not expired. That a policy says otherwise is not seen here: whoever shows them asks each session first.
    /// </summary>
    public string? SharedWith { get; init; }

    /// <summary>Go on behind this place. It is one in the order <see cref="Sort"/>.</summary>
    public ListPosition? After { get; init; }
}

/// <param name="Total">Of all pages; null where the query goes on behind a place, since counting costs more than a page.</param>
public sealed record SessionListPage(ImmutableArray<SessionView> Sessions, long? Total)
{
    /// <summary>Behind the last of these sessions; null where no more follow.</summary>
    public ListPosition? Next { get; init; }
}

/// <summary>What sessions add up to, as the list knows them.</summary>
/// <param name="Sessions">How many there are.</param>
/// <param name="ByStatus">The same by status; without those that none has.</param>
/// <param name="SizeBytes">Plaintext bytes.</param>
/// <param name="StoredBytes">Ciphertext bytes.</param>
/// <param name="DurationMs">How long they are, gaps included.</param>
/// <param name="GapMs">How long their gaps are; a second that is missing on two tracks counts twice.</param>
public sealed record SessionStatistics(
    long Sessions, ImmutableArray<StatusCount> ByStatus, long ChunkCount, long SizeBytes, long StoredBytes, long DurationMs, long GapCount, long GapMs);

public sealed record StatusCount(SessionStatus Status, long Sessions);
