using FsCheck;
using FsCheck.Fluent;

namespace Lucid.Silo.Tests.Search;

/// <summary>Texts that somebody may search for: anything at all, and what is near to the languages of the stores' queries.</summary>
internal static class SearchTexts
{
    private static readonly Gen<string> _pieces = Gen.Elements(
        "a", "ab", "b", "B", "ä", "a\u0308", "ß", "ss", "Σ", "ς", "İ", "ı", "é", "1", "12", "²", "\U0001d400", "\U00010400", "東", "가", "\ud800", "\udc00", "\0", "\u0301",
        " ", "  ", "-", "_", ".", "@", "\"", "'", "''", "\\", "*", ":*", "^", "(", ")", "{", "}", "&", "|", "!", "<->", "+", ":", ",", "%", "?", "$1", "--", ";",
        " AND ", " OR ", " NOT ", "NEAR(", "words:", " a ", " ab ", "\t", "\u00a0", "\u200b", "\ufeff", new string('w', 70));

    public static Arbitrary<string> Any { get; } = Gen.OneOf(
        ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""),
        _pieces.ListOf().Select(pieces => string.Concat(pieces))).ToArbitrary();
}
