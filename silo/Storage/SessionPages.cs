using Lucid.GrainInterfaces.Sessions;
using Microsoft.Extensions.Caching.Memory;

namespace Lucid.Silo.Storage;

/// <summary>
/// Pages of the list of sessions as they were read, until any session is listed anew: people and dashboards ask for the same page again and again
/// while nothing changes. Only for a list that nobody else writes.
/// </summary>
internal sealed class SessionPages : IDisposable
{
    /// <summary>On all pages together, at about 1 KiB each.</summary>
    private const int MaxSessions = 10_000;

    private readonly MemoryCache _pages = new(new MemoryCacheOptions { SizeLimit = MaxSessions });
    private long _revision;

    /// <summary>What was read before no longer counts. Called once a change is there to be read.</summary>
    public void Forget() => Interlocked.Increment(ref _revision);

    public async Task<SessionListPage> GetAsync(SessionListQuery query, Func<Task<SessionListPage>> read)
    {
        // Before it is read: a change while it is makes what was read count as old.
        var revision = Interlocked.Read(ref _revision);
        if (_pages.TryGetValue(query, out Page? known) && known!.Revision == revision)
            return known.Sessions;
        var page = await read();
        _pages.Set(query, new Page(revision, page), new MemoryCacheEntryOptions { Size = 1 + page.Sessions.Length });
        return page;
    }

    public void Dispose() => _pages.Dispose();

    private sealed record Page(long Revision, SessionListPage Sessions);
}
