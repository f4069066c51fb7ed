namespace Lucid.Gateway.Metrics;

/// <summary>One set of tags, in the order in which they were given.</summary>
internal readonly record struct TagSet(KeyValuePair<string, object?>[] Tags);

/// <summary>Finds a series by the tags of a measurement without allocating for it.</summary>
internal sealed class TagSetComparer : IEqualityComparer<TagSet>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, TagSet>
{
    public static TagSetComparer Instance { get; } = new();

    public bool Equals(TagSet x, TagSet y) => Equals(x.Tags, y);
    public int GetHashCode(TagSet obj) => GetHashCode((ReadOnlySpan<KeyValuePair<string, object?>>)obj.Tags);
    public TagSet Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => new(alternate.ToArray());

    public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, TagSet other)
    {
        if (alternate.Length != other.Tags.Length)
            return false;
        for (var i = 0; i < alternate.Length; i++)
        {
            if (alternate[i].Key != other.Tags[i].Key || !Equals(alternate[i].Value, other.Tags[i].Value))
                return false;
        }
        return true;
    }

    public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
    {
        // Values alone tell series apart; the names are the same for every measurement of an instrument.
        var hash = alternate.Length;
        foreach (var (_, value) in alternate)
            hash = (hash * 31) + (value?.GetHashCode() ?? 0);
        return hash;
    }
}
