using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Lists;

namespace Lucid.Gateway;

/// <summary>Where a page stands in its list. One that was asked for by a cursor has no number, and nothing was counted for it.</summary>
/// <param name="Page">From 1.</param>
/// <param name="Limit">Items on a page.</param>
/// <param name="Total">Items in all.</param>
/// <param name="Pages">Pages in all.</param>
internal sealed record Pagination(int? Page, int Limit, long? Total, long? Pages)
{
    /// <summary>The cursor of the next page, in lists that have cursors; left out on the last one.</summary>
    public string? NextCursor { get; init; }

    public static Pagination Of(int page, int limit, long total) => new(page, limit, total, (total + limit - 1) / limit);

    /// <param name="total">Null where the page was asked for by a cursor.</param>
    /// <param name="next">Where the next page begins; null where there is none.</param>
    public static Pagination Of(int page, int limit, long? total, ListPosition? next) =>
        (total is { } counted ? Of(page, limit, counted) : new Pagination(null, limit, null, null)) with { NextCursor = next is null ? null : ListCursor.Write(next) };
}

/// <summary>Bounds of every list that comes in pages.</summary>
internal static class Paging
{
    public const int MaxLimit = 100;
    public const int DefaultLimit = 20;

    /// <summary>Far beyond any list, and small enough that page times limit is a number of 32 bits.</summary>
    public const int MaxPage = 10_000_000;

    /// <exception cref="ApiException">Page or limit is out of its range.</exception>
    public static void Check(int page, int limit)
    {
        if (page is < 1 or > MaxPage)
            throw new ApiException(ErrorTable.OutOfRange, $"page is {page}; choose 1 to {MaxPage}.");
        if (limit is < 1 or > MaxLimit)
            throw new ApiException(ErrorTable.OutOfRange, $"limit is {limit}; choose 1 to {MaxLimit}.");
    }

    /// <summary>Where a list that has cursors is to go on; null where it is asked for by page.</summary>
    /// <param name="page">As it was asked for; null where it was not.</param>
    /// <param name="isId">Whether a row of the list can have that id.</param>
    /// <exception cref="ApiException">The cursor is malformed, of another order, or came with a page.</exception>
    public static ListPosition? After(string? cursor, int? page, string sort, Func<string, bool> isId)
    {
        if (cursor is null)
            return null;
        if (page is not null)
            throw new ApiException(ErrorTable.InvalidRequest, "page and cursor exclude each other: leave page out to go on from the cursor, or cursor to ask for a page by its number.");
        var place = ListCursor.Read(cursor);
        if (place.Sort != sort)
            throw new ApiException(ErrorTable.InvalidRequest, $"cursor goes on with a list sorted by {place.Sort}: ask with sort={place.Sort}, or leave cursor out to begin anew.");
        return isId(place.Id) ? place : throw ListCursor.Malformed("it names no row of this list");
    }

    /// <param name="q">What to search for; null for nothing.</param>
    /// <exception cref="ApiException">It is empty or too long.</exception>
    public static void CheckSearch(string? q)
    {
        if (q is not null && SearchText.FindMistake(q) is { } mistake)
            throw new ApiException(ErrorTable.OutOfRange, $"q: {mistake}.");
    }
}
