using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Lucid.Gateway.Errors;

/// <summary>Which of the two forms of an error a client wants.</summary>
internal static class ErrorFormat
{
    private static readonly MediaTypeHeaderValue _envelope = new(ContentTypes.Json);
    private static readonly MediaTypeHeaderValue _problem = new(ContentTypes.Problem);

    /// <summary>
    /// Whether the client prefers problem details: by a higher quality or, where both are as good, because it names them and the envelope only with
    /// a wildcard. Whoever does not care, or cannot be understood, gets the envelope.
    /// </summary>
    public static bool PrefersProblem(StringValues accept)
    {
        if (accept.Count == 0 || !MediaTypeHeaderValue.TryParseList(accept, out var ranges))
            return false;
        var (problem, envelope) = (Rank(ranges, _problem), Rank(ranges, _envelope));
        return problem.Quality > 0 && problem.CompareTo(envelope) > 0;
    }

    /// <summary>The quality of the range that says most about the type, and how much that one says.</summary>
    private static (double Quality, int Closeness) Rank(IList<MediaTypeHeaderValue> ranges, MediaTypeHeaderValue type)
    {
        (double Quality, int Closeness) best = (0, -1);
        foreach (var range in ranges)
        {
            // Without parameters: our types have none, and a charset in Accept excludes nothing.
            if (type.IsSubsetOf(new MediaTypeHeaderValue(range.MediaType)) && Closeness(range, type) is var closeness && closeness > best.Closeness)
                best = (range.Quality ?? 1, closeness);
        }
        return best;
    }

    private static int Closeness(MediaTypeHeaderValue range, MediaTypeHeaderValue type) =>
        range.MatchesAllTypes ? 0
        : range.MatchesAllSubTypes ? 1
        // The framework counts application/problem+json among application/json.
        : range.MediaType.Equals(type.MediaType, StringComparison.OrdinalIgnoreCase) ? 3 : 2;
}
