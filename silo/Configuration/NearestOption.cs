namespace Lucid.Silo.Configuration;

/// <summary>What somebody may have meant.</summary>
internal static class NearestOption
{
    private const int LongestLookedAt = 100;

    /// <returns>The known option, or section, whose name is nearest; null where none is near.</returns>
    public static string? Find(string name)
    {
        if (name.Length > LongestLookedAt)
            return null;
        var nearest = OptionCatalog.All.Select(option => option.Name).Concat(OptionCatalog.Sections)
            .Select(known => (Name: known, Edits: Math.Min(Edits(name, known), Misplaced(name, known))))
            .MinBy(near => near.Edits);
        return nearest.Edits <= Math.Max(1, Math.Min(name.Length, nearest.Name.Length) / 3) ? nearest.Name : null;
    }

    /// <summary>An option in no section or in a wrong one is as good as one that is spelt right but for a letter.</summary>
    private static int Misplaced(string name, string known) =>
        Last(name).Equals(Last(known), StringComparison.OrdinalIgnoreCase) ? 1 : int.MaxValue;

    private static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];

    /// <summary>Levenshtein distance, in letters of any case.</summary>
    private static int Edits(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var changed = diagonal + (char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[^1];
    }
}
