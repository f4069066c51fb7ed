using System.Collections.Concurrent;
using System.Collections.Immutable;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>The list of sessions, in memory.</summary>
internal sealed class FakeDirectory : ISessionDirectory
{
    public ConcurrentDictionary<Guid, SessionView> Rows { get; } = [];

    public ConcurrentDictionary<Guid, ImmutableArray<SessionShare>> Shares { get; } = [];

    public Task UpsertAsync(SessionView session, ImmutableArray<SessionShare> shares, CancellationToken cancellation)
    {
        Rows[session.SessionId] = session;
        Shares[session.SessionId] = shares;
        return Task.CompletedTask;
    }

    public Task CheckNewAsync(Guid session, CancellationToken cancellation) => Task.CompletedTask;

    public Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<SessionStatistics> AddUpAsync(string? owner, CancellationToken cancellation) => throw new NotSupportedException();
}
