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
