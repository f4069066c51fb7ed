using Lucid.GrainInterfaces.Sessions;
using Microsoft.Extensions.Caching.Memory;

namespace Lucid.Silo.Storage;

/// <summary>
/// Pages of the list of sessions as they were read, until any session is listed anew: people and dashboards ask for the same page again and again
/// while nothing changes. Only for a list that nobody else writes.
/// </summary>
internal sealed class SessionPages : IDisposable
{
    /// <summary>Characters of all pages as they are stored, each of which takes a few bytes of memory.</summary>
    private const int MaxCharacters = 4 * 1024 * 1024;

    // Beside what is on it, a query with its words or its cursor.
    private const int CharactersOfAPage = 4 * 1024;

    private static readonly TimeSpan _unusedFor = TimeSpan.FromMinutes(1);

    private readonly MemoryCache _pages = new(new MemoryCacheOptions { SizeLimit = MaxCharacters, ExpirationScanFrequency = _unusedFor });
    private long _revision;

    /// <summary>What was read before no longer counts. Called once a change is there to be read.</summary>
    public void Forget() => Interlocked.Increment(ref _revision);

    /// <param name="read">Answers the page, and how many characters its rows have; null where it is not to be kept.</param>
    public async Task<SessionListPage> GetAsync(SessionListQuery query, Func<Task<(SessionListPage Page, int? Characters)>> read)
    {
        // Before it is read: a change while it is makes what was read count as old.
        var revision = Interlocked.Read(ref _revision);
        if (_pages.TryGetValue(query, out Page? known) && known!.Revision == revision)
            return known.Sessions;
        var (page, characters) = await read();
        if (characters is { } size)
            _pages.Set(query, new Page(revision, page), new MemoryCacheEntryOptions { Size = CharactersOfAPage + size, SlidingExpiration = _unusedFor });
        return page;
    }

    public void Dispose() => _pages.Dispose();

    private sealed record Page(long Revision, SessionListPage Sessions);
}
