using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;

namespace Lucid.Client;

/// <summary>One request, as often as it is sent.</summary>
/// <param name="Path">From the node's root, with its query.</param>
internal sealed record ApiRequest(HttpMethod Method, string Path)
{
    public const string Api = "api/v1/";

    /// <summary>Makes the body, once for each time that it is sent.</summary>
    public Func<HttpContent>? Content { get; init; }

    public Action<HttpRequestHeaders>? Headers { get; init; }

    /// <summary>A status that is an answer here, and not a refusal.</summary>
    public HttpStatusCode? AlsoAnswers { get; init; }

    /// <summary>Shows no token: this is how one becomes somebody.</summary>
    public bool AsNobody { get; init; }

    /// <summary>What it does must not be done twice, so that it is not sent again where nobody knows whether it was done.</summary>
    public bool Once { get; init; }

    public static ApiRequest Get(string path) => new(HttpMethod.Get, path);
    public static ApiRequest Post(string path) => new(HttpMethod.Post, path);
    public static ApiRequest Delete(string path) => new(HttpMethod.Delete, path);
    public static ApiRequest Post<T>(string path, T body) => new(HttpMethod.Post, path) { Content = () => JsonContent.Create(body, options: LucidJson.Options) };
    public static ApiRequest Put<T>(string path, T body) => new(HttpMethod.Put, path) { Content = () => JsonContent.Create(body, options: LucidJson.Options) };

    /// <summary>With one more header; null for none.</summary>
    public ApiRequest With(string header, string? value)
    {
        var before = Headers;
        return value is null ? this : this with
        {
            Headers = headers =>
            {
                before?.Invoke(headers);
                headers.Add(header, value);
            },
        };
    }

    public ApiRequest IfMatch(string? tag) => With("If-Match", tag);

    public ApiRequest WithLease(long lease) => With("Lucid-Lease", lease.ToString(CultureInfo.InvariantCulture));

    /// <summary>A path with a query of what has a value.</summary>
    public static string Query(string path, params ReadOnlySpan<(string Name, object? Value)> parts)
    {
        var query = new StringBuilder(path);
        var joint = '?';
        foreach (var (name, value) in parts)
        {
            var text = value switch
            {
                null or false => null,
                true => "true",
                DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
                IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                _ => value.ToString(),
            };
            if (text is null)
                continue;
            query.Append(joint).Append(name).Append('=').Append(Uri.EscapeDataString(text));
            joint = '&';
        }
        return query.ToString();
    }
}
