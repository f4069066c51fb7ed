using FsCheck;
using FsCheck.Fluent;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Lists;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Tests.Search;

namespace Lucid.Silo.Tests.Storage;

/// <summary>What every list of users does, whatever keeps it. One derived class per store runs all of it.</summary>
public abstract class UserDirectoryContract
{
    protected static readonly UserListQuery All = new(1, 100, null, null);

    /// <summary>An empty list. Called once per test.</summary>
    protected abstract Task<IUserDirectory> OpenAsync();

    [Fact]
    public async Task Upsert_ThenList_GivesTheView()
    {
        var directory = await OpenAsync();
        var view = User("TAda", 1) with
        {
            Role = Role.SuperAdmin,
            Status = UserStatus.Suspended,
            Name = "Ada\0",
            Email = "ada@example.org",
            LastLoginAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(2)),
            HardwareWallet = new HardwareWallet("ledger", "m/44'/195'/0'/0/0"),
            Reason = "left",
        };
        await directory.UpsertAsync(view, default);
        await directory.UpsertAsync(User("TBob", 0), default);
        var page = await directory.ListAsync(All, default);
        Assert.Equal(view, page.Users[0]);
        Assert.Equal((2, 2, null), (page.Users.Length, page.Total, page.Next));
    }

    [Fact]
    public async Task Upsert_OfAUserWhoIsListed_ReplacesTheirRow()
    {
        var directory = await OpenAsync();
        await directory.UpsertAsync(User("TAda", 1) with { Name = "Ada" }, default);
        await directory.UpsertAsync(User("TAda", 1) with { Name = "Eva", Role = Role.Admin, Status = UserStatus.Suspended }, default);
        Assert.Equal("Eva", Assert.Single((await directory.ListAsync(All, default)).Users).Name);
        Assert.Equal("TAda", await IdsAsync(directory, All with { Role = Role.Admin, Status = UserStatus.Suspended, Search = "eva" }));
        Assert.Equal("", await IdsAsync(directory, All with { Search = "ada" }));
        Assert.Equal("", await IdsAsync(directory, All with { Role = Role.User }));
        Assert.Equal("", await IdsAsync(directory, All with { Status = UserStatus.Active }));
    }

    [Fact]
    public async Task List_ByPages_AndFromPlaceToPlace_GivesEachOnce_TheNewestFirst()
    {
        var directory = await OpenAsync();
        foreach (var (id, second) in new[] { ("a", 3), ("b", 1), ("B", 1), ("ä", 1), ("e", 2) })
            await directory.UpsertAsync(User(id, second), default);
        Assert.Equal("a e ä b B", await IdsAsync(directory, All));
        Assert.Equal("ä b", await IdsAsync(directory, new UserListQuery(2, 2, null, null)));
        var page = await directory.ListAsync(new UserListQuery(1, 2, null, null), default);
        var walked = page.Users.ToList();
        Assert.Equal(5, page.Total);
        // Newer than the place: no concern of those who are behind it.
        await directory.UpsertAsync(User("new", 9), default);
        while (page.Next is { } next)
        {
            page = await directory.ListAsync(new UserListQuery(1, 2, null, null) { After = next }, default);
            Assert.Null(page.Total);
            walked.AddRange(page.Users);
        }
        Assert.Equal("a e ä b B", string.Join(' ', walked.Select(user => user.UserId)));
        await Assert.ThrowsAsync<InvalidRequestException>(() => directory.ListAsync(All with { After = new ListPosition("name", "a") }, default));
    }

    [Theory]
    [InlineData("tada", "TAda")]
    [InlineData("love", "TAda")]
    [InlineData("lovelace ADA", "TAda")]
    [InlineData("example.org", "TEva TAda")]
    [InlineData("eve", "TEva")]
    [InlineData("Ève@example", "TEva")]
    [InlineData("reason", "")]
    [InlineData("\"*", "")]
    public async Task Search_GoesByIdNameAndEmail(string text, string expected)
    {
        var directory = await OpenAsync();
        await directory.UpsertAsync(User("TAda", 1) with { Name = "Ada Lovelace", Email = "ada@example.org", Reason = "reason" }, default);
        await directory.UpsertAsync(User("TEva", 2) with { Name = "Ève", Email = "eva@example.org", Role = Role.Admin }, default);
        var page = await directory.ListAsync(All with { Search = text }, default);
        Assert.Equal(expected, string.Join(' ', page.Users.Select(user => user.UserId)));
        Assert.Equal(page.Users.Length, page.Total);
        Assert.Equal(expected.Contains("TEva", StringComparison.Ordinal) ? "TEva" : "", await IdsAsync(directory, All with { Search = text, Role = Role.Admin }));
    }

    [Fact]
    public async Task Search_ForAnything_FailsNever_ButForItsLength()
    {
        var directory = await OpenAsync();
        await directory.UpsertAsync(User("TAda", 1), default);
        Prop.ForAll(SearchTexts.Any, async text =>
        {
            try
            {
                await directory.ListAsync(All with { Search = text }, default);
            }
            catch (InvalidRequestException)
            {
                Assert.True(text.Length is 0 or > 200);
            }
        }).QuickCheckThrowOnFailure();
    }

    protected static UserView User(string id, int second) => new(id, Role.User, UserStatus.Active, DateTimeOffset.UnixEpoch.AddSeconds(second));

    private static async Task<string> IdsAsync(IUserDirectory directory, UserListQuery query) =>
        string.Join(' ', (await directory.ListAsync(query, default)).Users.Select(user => user.UserId));
}
