using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Search;

namespace Lucid.Silo.Tests.Search;

public sealed class SearchWordsTests
{
    [Theory]
    [InlineData("Invoice 12", "12 invoice")]
    [InlineData("a-b_c.d,e/f", "a b c d e f")]
    [InlineData("b a b A", "a b")]
    [InlineData("Ångström naïve Ølgod Łódź đ", "angstrom d lodz naive olgod")]
    [InlineData("A\u030angstro\u0308m", "angstrom")]
    [InlineData("İstanbul ıI", "ii istanbul")]
    [InlineData("STRASSE Straße", "strasse")]
    [InlineData("œuvre Þór ĳs", "ijs oeuvre thor")]
    [InlineData("Ἀθῆναι ΟΔΟΣ οδος", "αθηναι οδοσ")]
    [InlineData("Йод ёлка", "елка иод")]
    [InlineData("がガ", "かカ")]
    [InlineData("m² ½ Ⅷ", "m² ½ ⅷ")]
    [InlineData("😀", "")]
    [InlineData("", "")]
    public void Text_IsCutIntoWords_WithoutCaseAndAccents(string text, string words) =>
        Assert.Equal(words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), SearchWords.Of([text]));

    [Fact]
    public void User_IsFoundByIdNameAndEmail() => Assert.Equal(
        ["ada", "ae", "example", "lovelace", "org", "tada1"],
        SearchWords.Of(new UserView("TAda1", Role.User, UserStatus.Active, DateTimeOffset.UnixEpoch) { Name = "Ada Lovelace", Email = "ae@example.org", Reason = "secret" }));

    [Fact]
    public void Words_OfAnything_AreLettersAndDigits_Bounded_AndCutTheSameAgain() => Prop.ForAll(SearchTexts.Any, text =>
    {
        var words = SearchWords.Of([text]);
        Assert.All(words, word =>
        {
            Assert.True(word.EnumerateRunes().All(rune => Rune.IsLetter(rune) || Rune.IsNumber(rune)), word);
            // ß becomes two.
            Assert.InRange(word.EnumerateRunes().Count(), 1, 128);
        });
        Assert.Equal(words.Where(word => word.Length <= 64), SearchWords.Of([string.Join(' ', words.Where(word => word.Length <= 64))]));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Asked_OfAnything_IsItsWords_OrRefused() => Prop.ForAll(SearchTexts.Any, text =>
    {
        if (text.Length is 0 or > 200)
        {
            Assert.Throws<InvalidRequestException>(() => SearchWords.Asked(text));
            return;
        }
        var asked = SearchWords.Asked(text);
        Assert.Equal(SearchWords.Of([text]), asked.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }).QuickCheckThrowOnFailure();
}
