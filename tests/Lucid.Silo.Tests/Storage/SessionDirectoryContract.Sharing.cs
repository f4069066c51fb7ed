using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Tests.Storage;

public abstract partial class SessionDirectoryContract
{
    private static readonly DateTimeOffset _start = new ManualClock().GetUtcNow();

    [Fact]
    public async Task List_OfWhatIsSharedWithSomebody_HasThoseThatAre_UntilTheirTime()
    {
        var clock = new ManualClock();
        var (directory, _) = await OpenAsync(clock);
        foreach (var (name, shares) in new (string, SessionShare[])[]
        {
            ("one", [Share("ada", 60)]), ("both", [Share("ada", 120), Share("eva", 30)]), ("over", [Share("ada", 0)]), ("none", []), ("case", [Share("Ada", 60)]), ("long", [Share("adam", 60)]),
        })
            await directory.UpsertAsync(View(name), [.. shares], default);
        Assert.Equal("both one", await NamesAsync(directory, All with { SharedWith = "ada" }));
        Assert.Equal("both", await NamesAsync(directory, All with { SharedWith = "eva" }));
        Assert.Equal("", await NamesAsync(directory, All with { SharedWith = "bob" }));
        // Time alone ends it, and nothing is written meanwhile.
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("both", await NamesAsync(directory, All with { SharedWith = "ada" }));
        Assert.Equal("", await NamesAsync(directory, All with { SharedWith = "eva" }));
    }

    [Fact]
    public async Task List_OfWhatIsShared_FollowsSharing_AndTakesFiltersSearchAndPlaces()
    {
        var (directory, _) = await OpenAsync(new ManualClock());
        var views = Enumerable.Range(0, 7).Select(i => View($"{(i % 2 == 0 ? "even" : "odd")} {i}") with { Owner = i < 6 ? "ada" : "eva", CreatedAt = _start.AddSeconds(i) }).ToList();
        foreach (var view in views)
            await directory.UpsertAsync(view, [Share("bob", 60)], default);
        await directory.UpsertAsync(View("even 8") with { CreatedAt = _start }, default);
        var query = new SessionListQuery(1, 2, SessionStatus.Recording, "created_at", "ada") { Search = "even", SharedWith = "bob" };
        var first = await directory.ListAsync(query, default);
        Assert.Equal((3, "even 4 even 2"), ((int)first.Total!.Value, string.Join(' ', first.Sessions.Select(session => session.Name))));
        Assert.Equal("even 0", await NamesAsync(directory, query with { After = first.Next }));
        // Taken back from one, given to somebody else, and told again for a longer time.
        await directory.UpsertAsync(views[0], [], default);
        await directory.UpsertAsync(views[2], [Share("eva", 60)], default);
        await directory.UpsertAsync(views[4], [Share("eva", 60), Share("bob", 90)], default);
        Assert.Equal("even 4", await NamesAsync(directory, query));
        Assert.Equal("even 2 even 4", await NamesAsync(directory, All with { SharedWith = "eva" }));
    }

    [Fact]
    public async Task Sums_AreThoseOfTheOwnersSessions_ByStatus_AsTheyWereListedLast()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        var nothing = await directory.AddUpAsync(null, default);
        Assert.Equal((0, 0, 0L), (nothing.Sessions, nothing.ByStatus.Length, nothing.SizeBytes));
        SessionView Counted(string owner, SessionStatus status, long unit) => View("a") with
        {
            Owner = owner,
            Status = status,
            ChunkCount = unit,
            SizeBytes = 10 * unit,
            StoredBytes = 100 * unit,
            DurationMs = 1_000 * unit,
            GapCount = 10_000 * unit,
            GapMs = 5_000_000_000 * unit,
        };
        var grows = Counted("ada", SessionStatus.Recording, 1);
        foreach (var view in new[] { grows, Counted("ada", SessionStatus.Anchored, 2), Counted("ada", SessionStatus.Anchored, 3), Counted("eva", SessionStatus.Anchored, 100), Counted("eva", SessionStatus.Created, 0) })
            await directory.UpsertAsync(view, default);
        await directory.UpsertAsync(grows with { ChunkCount = 5 }, default);

        var ada = await directory.AddUpAsync("ada", default);
        Assert.Equal([new StatusCount(SessionStatus.Recording, 1), new StatusCount(SessionStatus.Anchored, 2)], ada.ByStatus);
        Assert.Equal((3L, 10L, 60L, 600L, 6_000L, 60_000L, 30_000_000_000L), (ada.Sessions, ada.ChunkCount, ada.SizeBytes, ada.StoredBytes, ada.DurationMs, ada.GapCount, ada.GapMs));
        var all = await directory.AddUpAsync(null, default);
        Assert.Equal([new StatusCount(SessionStatus.Created, 1), new StatusCount(SessionStatus.Recording, 1), new StatusCount(SessionStatus.Anchored, 3)], all.ByStatus);
        Assert.Equal((5L, 110L), (all.Sessions, all.ChunkCount));
        Assert.Equal(0, (await directory.AddUpAsync("nobody", default)).Sessions);
    }

    private static SessionShare Share(string auditor, int seconds) => new(auditor, _start.AddSeconds(seconds));
}
