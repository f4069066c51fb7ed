using System.Collections.Frozen;
using System.Text.Json;

namespace Lucid.Evidence;

/// <summary>How the values of enumerations are written, in the audit log, in policies and by the API: in snake case.</summary>
public static class EnumWords
{
    /// <exception cref="ArgumentOutOfRangeException">It is none of the enumeration's.</exception>
    public static string Of<T>(T value) where T : struct, Enum =>
        Words<T>.ByValue.TryGetValue(value, out var word) ? word : throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such value.");

    /// <summary>Null where it is none of them.</summary>
    public static T? Read<T>(string word) where T : struct, Enum => Words<T>.ByWord.TryGetValue(word, out var value) ? value : null;

    /// <summary>All of them, in order.</summary>
    public static IEnumerable<string> All<T>() where T : struct, Enum => Enum.GetValues<T>().Select(Of);

    private static class Words<T> where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> ByValue =
            Enum.GetValues<T>().ToFrozenDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));

        public static readonly FrozenDictionary<string, T> ByWord = ByValue.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
    }
}
