namespace Lucid.Gateway;

/// <summary>The bounds of one option, both allowed.</summary>
public sealed record OptionRange<TOptions>(string Name, Func<TOptions, IComparable> Value, IComparable Least, IComparable Most)
{
    /// <param name="group">What stands before the name: "limits." for one.</param>
    /// <returns>A sentence where the value lies outside, else null.</returns>
    internal string? FindMistake(TOptions options, string group = "")
    {
        var value = Value(options);
        return value.CompareTo(Least) < 0 || value.CompareTo(Most) > 0 ? $"{group}{Name} is {value}; choose {Least} to {Most}." : null;
    }
}
