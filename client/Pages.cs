using System.Runtime.CompilerServices;

namespace Lucid.Client;

/// <summary>Goes through a list that comes in pages.</summary>
internal static class Pages
{
    /// <param name="read">Reads the page that begins there; null for the first.</param>
    /// <param name="take">What is on a page, and where the next one begins; null behind the last.</param>
    public static async IAsyncEnumerable<T> WalkAsync<TPage, T>(
        Func<string?, CancellationToken, Task<TPage>> read, Func<TPage, (IEnumerable<T> Elements, string? Next)> take, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? next = null;
        do
        {
            (var elements, next) = take(await read(next, cancellation));
            foreach (var element in elements)
                yield return element;
        }
        while (next is not null);
    }
}

/// <summary>Where a list stands.</summary>
/// <param name="Page">From 1; null where a cursor was followed.</param>
/// <param name="Limit">Most elements of a page.</param>
/// <param name="Total">All elements that there are; null where a cursor was followed.</param>
/// <param name="Pages">All pages that there are; null where a cursor was followed.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one, and for lists without cursors.</param>
public sealed record Pagination(int? Page, int Limit, long? Total, long? Pages, string? NextCursor = null);
