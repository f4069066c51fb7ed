using Lucid.GrainInterfaces.Sessions;

namespace Lucid.GrainInterfaces.Lists;

/// <summary>
/// A place in an ordered list: right behind one row. It is told by what the row is ordered by and not by how many stand before it, so it
/// stays where it is while rows are added, and reading on from it costs the same wherever it is.
/// </summary>
/// <param name="Sort">The order that it is a place in, as the query names it.</param>
/// <param name="Id">The row's id, which decides between rows that are otherwise equal.</param>
public sealed record ListPosition(string Sort, string Id)
{
    /// <summary>In an order by time the row's time, in microseconds since 1970; else 0.</summary>
    public long Time { get; init; }

    /// <summary>In an order by name the row's name; else empty.</summary>
    public string Name { get; init; } = "";

    /// <exception cref="InvalidRequestException">It is a place in another order.</exception>
    public void RequireSort(string sort)
    {
        if (Sort != sort)
            throw new InvalidRequestException($"The place to go on from is one in a list sorted by {Sort}, not by {sort}; ask with the same order, or begin the list anew.");
    }
}
