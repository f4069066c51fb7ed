using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Tests.Storage;

/// <summary>What every list of sessions does, whatever keeps it. One derived class per store runs all of it.</summary>
public abstract partial class SessionDirectoryContract
{
    protected static readonly SessionListQuery All = new(1, 100, null, "name", null);

    /// <summary>An empty list, and what its errors call the store that lost a session. Called once per test.</summary>
    protected abstract Task<(ISessionDirectory Directory, string Store)> OpenAsync(TimeProvider clock);

    protected abstract Task<ImmutableArray<Guid>> UnfinishedAsync();

    [Fact]
    public async Task Upsert_ThenList_GivesTheViewWithoutItsLease()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        var view = View("a") with
        {
            Description = "with a \0 in it",
            Lease = 7,
            CountedAhead = [3, 5],
            CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(2)),
        };
        await directory.UpsertAsync(view, default);
        var page = await directory.ListAsync(All, default);
        Assert.Equivalent(view with { Lease = null }, Assert.Single(page.Sessions), strict: true);
        Assert.Equal(1, page.Total);
    }

    [Fact]
    public async Task Upsert_OfASessionThatIsListed_ReplacesItsRow()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        var view = View("a");
        await directory.UpsertAsync(view, default);
        await directory.UpsertAsync(view with { Name = "b", Status = SessionStatus.Anchored, Owner = "other" }, default);
        var row = Assert.Single((await directory.ListAsync(All with { Status = SessionStatus.Anchored, Owner = "other" }, default)).Sessions);
        Assert.Equal("b", row.Name);
        Assert.Empty((await directory.ListAsync(All with { Status = SessionStatus.Recording }, default)).Sessions);
    }

    [Fact]
    public async Task CheckNew_OfASessionThatIsListed_NamesTheStoreThatLostIt()
    {
        var (directory, store) = await OpenAsync(TimeProvider.System);
        var session = View("a");
        await directory.CheckNewAsync(session.SessionId, default);
        await directory.UpsertAsync(session, default);
        var lost = await Assert.ThrowsAsync<GrainDamagedException>(() => directory.CheckNewAsync(session.SessionId, default));
        Assert.Contains(store, lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_ByPages_GivesEachOnce_AndTheTotal()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        foreach (var name in new[] { "a", "b", "c", "d", "e" })
            await directory.UpsertAsync(View(name), default);
        var pages = new List<SessionListPage>();
        for (var page = 1; page <= 4; page++)
            pages.Add(await directory.ListAsync(new SessionListQuery(page, 2, null, "name", null), default));
        Assert.Equal(["a b", "c d", "e", ""], pages.Select(page => string.Join(' ', page.Sessions.Select(session => session.Name))));
        Assert.All(pages, page => Assert.Equal(5, page.Total));
    }

    [Fact]
    public async Task List_OfAStatusAndAnOwner_LeavesOutTheOthers_AlsoFromTheTotal()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        await directory.UpsertAsync(View("a"), default);
        await directory.UpsertAsync(View("b") with { Owner = "eva" }, default);
        await directory.UpsertAsync(View("c") with { Owner = "eva", Status = SessionStatus.Anchored }, default);
        Assert.Equal("b c", await NamesAsync(directory, All with { Owner = "eva" }));
        Assert.Equal("a b", await NamesAsync(directory, All with { Status = SessionStatus.Recording }));
        Assert.Equal("c", await NamesAsync(directory, All with { Status = SessionStatus.Anchored, Owner = "eva" }));
        Assert.Equal("", await NamesAsync(directory, All with { Owner = "Eva" }));
        Assert.Equal(1, (await directory.ListAsync(new SessionListQuery(1, 1, SessionStatus.Anchored, "name", "eva"), default)).Total);
    }

    [Fact]
    public async Task List_ByCreation_HasTheNewestFirst_AndTheGreaterIdentifierOfEquals()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        var noon = DateTimeOffset.UnixEpoch.AddHours(12);
        await directory.UpsertAsync(View("old") with { CreatedAt = noon.AddSeconds(-1) }, default);
        await directory.UpsertAsync(View("low") with { CreatedAt = noon, SessionId = Guid.Parse("00000000-0000-7000-8000-0000000000ff") }, default);
        await directory.UpsertAsync(View("new") with { CreatedAt = noon.AddSeconds(1) }, default);
        await directory.UpsertAsync(View("high") with { CreatedAt = noon, SessionId = Guid.Parse("01000000-0000-7000-8000-000000000000") }, default);
        Assert.Equal("new high low old", await NamesAsync(directory, All with { Sort = "created_at" }));
    }

    [Fact]
    public async Task List_ByUpdate_HasWhatWasWrittenLastFirst()
    {
        var clock = new SteppedClock();
        var (directory, _) = await OpenAsync(clock);
        var first = View("first");
        await directory.UpsertAsync(first, default);
        await directory.UpsertAsync(View("second"), default);
        Assert.Equal("second first", await NamesAsync(directory, All with { Sort = "updated_at" }));
        await directory.UpsertAsync(first, default);
        Assert.Equal("first second", await NamesAsync(directory, All with { Sort = "updated_at" }));
    }

    [Fact]
    public async Task List_ByName_TakesAsciiLettersOfBothCasesAsEqual_AndTheRestByTheirCode()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        foreach (var name in new[] { "ä", "b", "Z", "_", "A", "Ä", "a-1", "a 1" })
            await directory.UpsertAsync(View(name), default);
        Assert.Equal("_,A,a 1,a-1,b,Z,Ä,ä", (await NamesAsync(directory, All, ',')));
    }

    [Fact]
    public async Task Unfinished_AreThoseThatStillHaveSomethingToDo()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        var sessions = Enum.GetValues<SessionStatus>().Select(status => View(status.ToString()) with { Status = status }).ToList();
        foreach (var session in sessions)
            await directory.UpsertAsync(session, default);
        Assert.Equal(
            sessions.Where(session => session.Status is SessionStatus.Created or SessionStatus.Recording or SessionStatus.Paused or SessionStatus.Sealing or SessionStatus.Anchoring)
                .Select(session => session.SessionId).Order(),
            (await UnfinishedAsync()).Order());
    }

    [Fact]
    public async Task Upsert_OfManyAtOnce_ListsAll()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        var views = Enumerable.Range(0, 40).Select(i => View($"{i:00}")).ToList();
        await Task.WhenAll(views.Concat(views).Select(view => directory.UpsertAsync(view, default)));
        Assert.Equal(views.Select(view => view.SessionId), (await directory.ListAsync(All, default)).Sessions.Select(view => view.SessionId));
    }

    internal static SessionView View(string name) => new()
    {
        SessionId = Guid.CreateVersion7(),
        Owner = "local",
        Name = name,
        Status = SessionStatus.Recording,
        Recorder = "node-1",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Tracks = [],
        IdleLimitSeconds = 60,
        NextIndex = 0,
        CountedAhead = ImmutableArray<ulong>.Empty,
        LeafCount = 0,
        ChunkCount = 0,
        GapCount = 0,
        GapMs = 0,
        DurationMs = 0,
        SizeBytes = 0,
        StoredBytes = 0,
        MerkleRoot = Hash256.Zero,
    };

    private static async Task<string> NamesAsync(ISessionDirectory directory, SessionListQuery query, char between = ' ') =>
        string.Join(between, (await directory.ListAsync(query, default)).Sessions.Select(session => session.Name));

    // A second later each time it is asked.
    private sealed class SteppedClock : TimeProvider
    {
        private long _seconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(Interlocked.Increment(ref _seconds));
    }
}
