using Lucid.Silo.Hosting;

namespace Lucid.Silo.Configuration;

/// <summary>The bounds of an option, both allowed.</summary>
internal sealed record OptionRange(string Name, Func<NodeOptions, IComparable> Value, IComparable Least, IComparable Most)
{
    /// <returns>Null where the value lies within.</returns>
    public OptionMistake? Find(NodeOptions options)
    {
        var value = Value(options);
        return value.CompareTo(Least) < 0 || value.CompareTo(Most) > 0
            ? new OptionMistake($"{Name} is {value}; it lies between {Least} and {Most}", Name)
            : null;
    }
}
