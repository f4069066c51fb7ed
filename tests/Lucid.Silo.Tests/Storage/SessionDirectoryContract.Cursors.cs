using Lucid.GrainInterfaces.Lists;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Tests.Storage;

public abstract partial class SessionDirectoryContract
{
    [Theory]
    [InlineData("created_at")]
    [InlineData("updated_at")]
    [InlineData("name")]
    public async Task List_FromPlaceToPlace_GivesWhatPagesGive_WithoutCounting(string sort)
    {
        var clock = new SteppedClock();
        var (directory, _) = await OpenAsync(clock);
        for (var i = 0; i < 11; i++)
        {
            // Equals in every order, and times that differ by less than one store keeps.
            await directory.UpsertAsync(View(i % 3 == 0 ? "same" : i % 3 == 1 ? "SAME" : $"Ä {i}") with { CreatedAt = DateTimeOffset.UnixEpoch.AddDays(20_000).AddTicks(i / 2 * 15) }, default);
        }
        var query = new SessionListQuery(1, 2, null, sort, null);
        var all = (await directory.ListAsync(query with { Limit = 100 }, default)).Sessions.Select(session => session.SessionId);
        var page = await directory.ListAsync(query, default);
        Assert.Equal(11, page.Total);
        List<Guid> walked = [.. page.Sessions.Select(session => session.SessionId)];
        while (page.Next is { } next)
        {
            page = await directory.ListAsync(query with { After = next }, default);
            Assert.Null(page.Total);
            Assert.InRange(page.Sessions.Length, 1, 2);
            walked.AddRange(page.Sessions.Select(session => session.SessionId));
        }
        Assert.Equal(all, walked);
    }

    [Fact]
    public async Task List_FromAPlace_WhileSessionsAreAdded_NeitherRepeatsNorMissesOne()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        SessionView At(int second) => View($"{second:00}") with { CreatedAt = DateTimeOffset.UnixEpoch.AddSeconds(second) };
        foreach (var second in new[] { 10, 20, 30, 40 })
            await directory.UpsertAsync(At(second), default);
        var query = new SessionListQuery(1, 2, null, "created_at", null);
        var first = await directory.ListAsync(query, default);
        // Two before the place, which pages by number would repeat "30" and "40" for, and one behind it.
        foreach (var second in new[] { 50, 35, 15 })
            await directory.UpsertAsync(At(second), default);
        var second2 = await directory.ListAsync(query with { After = first.Next }, default);
        var third = await directory.ListAsync(query with { After = second2.Next }, default);
        Assert.Equal(["40", "30", "20", "15", "10"], first.Sessions.Concat(second2.Sessions).Concat(third.Sessions).Select(session => session.Name));
        Assert.Null(third.Next);
    }

    [Fact]
    public async Task List_FromAPlace_WithFiltersAndSearch_StaysInThem()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        foreach (var i in Enumerable.Range(0, 9))
            await directory.UpsertAsync(View($"{(i % 2 == 0 ? "even" : "odd")} {i}") with { Owner = i < 6 ? "ada" : "eva", CreatedAt = DateTimeOffset.UnixEpoch.AddSeconds(i) }, default);
        var query = new SessionListQuery(1, 2, SessionStatus.Recording, "created_at", "ada") { Search = "even" };
        var first = await directory.ListAsync(query, default);
        Assert.Equal((3, "even 4 even 2"), ((int)first.Total!.Value, string.Join(' ', first.Sessions.Select(session => session.Name))));
        var last = await directory.ListAsync(query with { After = first.Next }, default);
        Assert.Equal("even 0", Assert.Single(last.Sessions).Name);
        Assert.Null(last.Next);
    }

    [Fact]
    public async Task List_FromAPlaceThatIsNone_IsRefusedOrHarmless()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        await directory.UpsertAsync(View("a"), default);
        var id = Guid.NewGuid().ToString("D");
        await Assert.ThrowsAsync<InvalidRequestException>(() => directory.ListAsync(All with { After = new ListPosition("created_at", id) }, default));
        Assert.Empty((await directory.ListAsync(All with { After = new ListPosition("name", id) { Name = "b\0" } }, default)).Sessions);
        foreach (var (time, count) in new[] { (DateTime.MinValue, 0), (DateTime.MaxValue, 1) })
        {
            var place = new ListPosition("created_at", id) { Time = (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond };
            Assert.Equal(count, (await directory.ListAsync(All with { Sort = "created_at", After = place }, default)).Sessions.Length);
        }
    }
}
