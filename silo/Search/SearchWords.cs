using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Lists;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Search;

/// <summary>
/// Cuts text into the words that it is found by. Both stores are given words, never text: their own ways of cutting differ from each other in
/// every address and number, and with the version of their library. A word has letters and digits only, so it is safe in the language of
/// either store's queries.
/// </summary>
public static class SearchWords
{
    // Longer words are found by as much of them. PostgreSQL's bound is 2 KiB.
    private const int MaxRunes = 64;

    /// <summary>The words of a session, each once, in the order of their code units.</summary>
    public static ImmutableArray<string> Of(SessionView session) =>
        Of([session.Name, session.Description, session.Owner, .. session.Tracks.Select(track => track.Name)]);

    /// <summary>The words of a user, each once, in the order of their code units.</summary>
    public static ImmutableArray<string> Of(UserView user) => Of([user.UserId, user.Name, user.Email]);

    /// <summary>What a text asks for: all of these words, and the last of them with its beginning at least. Empty where it has none.</summary>
    /// <exception cref="InvalidRequestException">It is empty or too long.</exception>
    public static ImmutableArray<string> Asked(string text)
    {
        if (SearchText.FindMistake(text) is { } mistake)
            throw new InvalidRequestException($"Nothing can be searched for: {mistake}.");
        var words = Cut(text);
        return words.Count == 0 ? [] : [.. words.SkipLast(1).Distinct(StringComparer.Ordinal), words[^1]];
    }

    /// <summary>The words of those texts, each once, in the order of their code units.</summary>
    public static ImmutableArray<string> Of(IEnumerable<string?> texts) =>
        [.. texts.SelectMany(text => Cut(text ?? "")).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static List<string> Cut(string text)
    {
        List<string> words = [];
        var word = new StringBuilder();
        var runes = 0;
        // What is no character, such as half of a pair, comes as U+FFFD, which is no letter either.
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            // An accent that stands by itself, behind its letter: the word goes on without it.
            if (category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)
                continue;
            if (Rune.IsLetter(rune) || Rune.IsNumber(rune))
            {
                if (++runes <= MaxRunes)
                    word.Append(LetterFolding.Fold(rune));
                continue;
            }
            End();
        }
        End();
        return words;

        void End()
        {
            if (word.Length > 0)
                words.Add(word.ToString());
            word.Clear();
            runes = 0;
        }
    }
}
