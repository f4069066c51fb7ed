using Lucid.Gateway.Errors;

namespace Lucid.Gateway;

/// <summary>Where a page stands in its list.</summary>
/// <param name="Page">From 1.</param>
/// <param name="Limit">Items on a page.</param>
/// <param name="Total">Items in all.</param>
/// <param name="Pages">Pages in all.</param>
internal sealed record Pagination(int Page, int Limit, long Total, long Pages)
{
    public static Pagination Of(int page, int limit, long total) => new(page, limit, total, (total + limit - 1) / limit);
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
}
