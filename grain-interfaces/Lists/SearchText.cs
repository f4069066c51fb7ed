namespace Lucid.GrainInterfaces.Lists;

/// <summary>
/// What somebody types to find something in a list: words, which are runs of letters and digits. All of them have to be there, the last one
/// with its beginning at least; case and accents do not matter, and everything that is neither letter nor digit only separates. A text
/// without any word finds nothing.
/// </summary>
public static class SearchText
{
    /// <summary>In UTF-16 code units, as everything that is counted in characters; the least is 1.</summary>
    public const int MaxLength = 200;

    /// <summary>What is wrong with a text's length; null where nothing is.</summary>
    public static string? FindMistake(string text) =>
        text.Length is >= 1 and <= MaxLength ? null : $"a text to search for has 1 to {MaxLength} characters, not {text.Length}";
}
