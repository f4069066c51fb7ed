using FsCheck;
using FsCheck.Fluent;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Search;
using Lucid.Silo.Tests.Search;

namespace Lucid.Silo.Tests.Storage;

public abstract partial class SessionDirectoryContract
{
    [Theory]
    [InlineData("invoice", "Invoice 12")]
    [InlineData("INVO", "Invoice 12")]
    [InlineData("inv 12", "")]
    [InlineData("12 inv", "Invoice 12")]
    [InlineData("invoice invoice inv", "Invoice 12")]
    [InlineData("zurich", "Invoice 12")]
    [InlineData("ZÜRICH eva", "Invoice 12")]
    [InlineData("Zu\u0308rich", "Invoice 12")]
    [InlineData("webm screen", "Invoice 12")]
    [InlineData("uber", "Über_Straße: Ærø")]
    [InlineData("STRASSE Uber", "Über_Straße: Ærø")]
    [InlineData("ærø", "Über_Straße: Ærø")]
    [InlineData("οδυσσευς", "Über_Straße: Ærø")]
    [InlineData("ΟΔΥΣΣΕΎ", "Über_Straße: Ærø")]
    [InlineData("ada@example.org", "Über_Straße: Ærø")]
    [InlineData("example.org Ada", "Über_Straße: Ærø")]
    [InlineData("東京", "東京タワー")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234", "東京タワー")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234567890", "東京タワー")]
    [InlineData("invoice*", "Invoice 12")]
    [InlineData("\"invoice", "Invoice 12")]
    [InlineData("invoice' --", "Invoice 12")]
    [InlineData("name:invoice", "")]
    [InlineData("invoice OR nothing", "")]
    [InlineData("NOT invoice", "")]
    [InlineData("NEAR(invoice 12)", "")]
    [InlineData("invoice & !12 | (", "Invoice 12")]
    [InlineData("in voice", "")]
    [InlineData("!?", "")]
    [InlineData(" ", "")]
    [InlineData("\0", "")]
    [InlineData("\ud800", "")]
    public async Task Search_FindsAllOfTheWords_TheLastByItsBeginning(string text, string expected)
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        await directory.UpsertAsync(View("Invoice 12") with { Owner = "Eva", Description = "For a customer\0in Zürich", Tracks = [new TrackInfo(0, "video/webm", "Screen.webm")] }, default);
        await directory.UpsertAsync(View("Über_Straße: Ærø") with { Owner = "ada@example.org", Description = "Ὀδυσσεύς" }, default);
        await directory.UpsertAsync(View("東京タワー") with { Owner = "x", Description = $"{new string([.. Enumerable.Range(1, 70).Select(i => (char)('0' + (i % 10)))])} \ud800" }, default);
        var page = await directory.ListAsync(All with { Search = text }, default);
        Assert.Equal(expected, string.Join(',', page.Sessions.Select(session => session.Name)));
        Assert.Equal(page.Sessions.Length, page.Total);
    }

    [Fact]
    public async Task Search_GoesByWhatTheSessionSaysNow_AndThroughItsFilters()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        var (mine, other) = (View("report one") with { Owner = "ada" }, View("report two") with { Owner = "eva", Status = SessionStatus.Anchored });
        await directory.UpsertAsync(mine, default);
        await directory.UpsertAsync(other, default);
        Assert.Equal("report one,report two", await NamesAsync(directory, All with { Search = "report" }, ','));
        // Whoever lists what is theirs finds only there.
        Assert.Equal("report one", await NamesAsync(directory, All with { Search = "report", Owner = "ada" }, ','));
        Assert.Equal("", await NamesAsync(directory, All with { Search = "eva", Owner = "ada" }, ','));
        Assert.Equal("report two", await NamesAsync(directory, All with { Search = "report", Status = SessionStatus.Anchored }, ','));
        await directory.UpsertAsync(mine with { Name = "summary" }, default);
        Assert.Equal("report two", await NamesAsync(directory, All with { Search = "report" }, ','));
        Assert.Equal("summary", await NamesAsync(directory, All with { Search = "summary" }, ','));
    }

    [Fact]
    public async Task Search_OfTooFewOrTooManyCharacters_IsRefused()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        await directory.UpsertAsync(View(string.Join(' ', Enumerable.Range('a', 26).Select(letter => (char)letter))), default);
        foreach (var text in new[] { "", new string('a', 201) })
        {
            var refused = await Assert.ThrowsAsync<InvalidRequestException>(() => directory.ListAsync(All with { Search = text }, default));
            Assert.Contains("1 to 200 characters", refused.Message, StringComparison.Ordinal);
        }
        Assert.Single((await directory.ListAsync(All with { Search = string.Concat(Enumerable.Range(0, 100).Select(i => $" {(char)('a' + (i % 26))}")) }, default)).Sessions);
        // As many different words as fit.
        Assert.Empty((await directory.ListAsync(All with { Search = string.Concat(Enumerable.Range(0, 100).Select(i => $" {(char)('一' + i)}")) }, default)).Sessions);
    }

    [Fact]
    public async Task Search_ForAnything_FindsWhatTheWordsSay_AndFailsNever()
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        var sessions = Gen.Sample(SearchTexts.Any.Generator, 20, 30).Select(text => View(text.Length > 255 ? text[..255] : text)).ToList();
        foreach (var session in sessions)
            await directory.UpsertAsync(session, default);
        Prop.ForAll(SearchTexts.Any, async text =>
        {
            if (text.Length is 0 or > 200)
            {
                await Assert.ThrowsAsync<InvalidRequestException>(() => directory.ListAsync(All with { Search = text }, default));
                return;
            }
            var asked = SearchWords.Asked(text);
            var expected = sessions.Where(session => !asked.IsEmpty && SearchWords.Of(session) is var words &&
                asked.SkipLast(1).All(word => words.Contains(word)) && words.Any(word => word.StartsWith(asked[^1], StringComparison.Ordinal)));
            var found = await directory.ListAsync(All with { Search = text }, default);
            Assert.Equal(expected.Select(session => session.SessionId).Order(), found.Sessions.Select(session => session.SessionId).Order());
        }).QuickCheckThrowOnFailure();
    }
}
