using System.Collections.Concurrent;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>The list of sessions, in memory.</summary>
internal sealed class FakeDirectory : ISessionDirectory
{
    public ConcurrentDictionary<Guid, SessionView> Rows { get; } = [];

    public Task UpsertAsync(SessionView session, CancellationToken cancellation)
    {
        Rows[session.SessionId] = session;
        return Task.CompletedTask;
    }

    public Task CheckNewAsync(Guid session, CancellationToken cancellation) => Task.CompletedTask;

    public Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation) => throw new NotSupportedException();
}
