using System.Collections.Immutable;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Sessions;

/// <summary>
/// The list of sessions: a read model that session grains write through and the gateway reads. It may lag behind a crash by one
/// transition until the session is next woken; the grains are the truth.
/// </summary>
public interface ISessionDirectory
{
    /// <summary>Inserts or replaces the session's row.</summary>
    Task UpsertAsync(SessionView session, CancellationToken cancellation);

    /// <summary>Asked by a session that finds nothing stored about itself, whether that can be.</summary>
    /// <exception cref="GrainDamagedException">The list knows the session: what was stored about it is gone.</exception>
    Task CheckNewAsync(Guid session, CancellationToken cancellation);

    Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation);
}

/// <param name="Page">From 1.</param>
/// <param name="Limit">1 to 100.</param>
/// <param name="Sort">created_at, updated_at or name; newest or A first.</param>
public sealed record SessionListQuery(int Page, int Limit, SessionStatus? Status, string Sort, string? Owner);

public sealed record SessionListPage(ImmutableArray<SessionView> Sessions, long Total);
