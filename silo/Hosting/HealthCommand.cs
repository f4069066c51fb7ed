namespace Lucid.Silo.Hosting;

/// <summary>The silo's verb `health`, for container engines: an image without a shell has nothing else to ask with.</summary>
internal static class HealthCommand
{
    // Shorter than what container engines wait for by default, so that the reason is told rather than cut off.
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);

    public const string Usage = """
        Usage: Lucid.Silo health URL

        Asks URL/health/live. Exit code: 0 it is alive, 1 it is not, or does not answer within 5 s, 2 URL is no address.
        """;

    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        if (args is not [var text] || !Uri.TryCreate(text.TrimEnd('/') + "/health/live", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            error.WriteLine(Usage);
            return 2;
        }
        using var client = new HttpClient { Timeout = AnswersWithin };
        try
        {
            using var answer = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
            (answer.IsSuccessStatusCode ? output : error).WriteLine($"{url}: {(int)answer.StatusCode}");
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (HttpRequestException refused)
        {
            error.WriteLine($"{url}: {refused.Message}");
        }
        catch (TaskCanceledException)
        {
            error.WriteLine($"{url}: no answer within {AnswersWithin.TotalSeconds:0} s");
        }
        return 1;
    }
}
