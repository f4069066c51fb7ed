using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Tests.Storage;

/// <summary>Lists sessions that are shared with nobody, as those of most tests are.</summary>
internal static class UnsharedSessions
{
    public static Task UpsertAsync(this ISessionDirectory directory, SessionView session, CancellationToken cancellation) => directory.UpsertAsync(session, [], cancellation);
}
