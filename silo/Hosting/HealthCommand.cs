using Lucid.Silo.Certificates;

namespace Lucid.Silo.Hosting;

/// <summary>The silo's verb `health`, for container engines: an image without a shell has nothing else to ask with.</summary>
internal static class HealthCommand
{
    // Shorter than what container engines wait for by default, so that the reason is told rather than cut off.
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);

    public const string Usage = """
        Usage: Lucid.Silo health URL

        Asks URL/health/live; at https with the certificate that this process's own options name. Exit code: 0 it is alive, 1 it is not, or does
        not answer within 5 s, 2 URL is no address, or the certificate cannot be used.
        """;

    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        if (args is not [var text] || !Uri.TryCreate(text.TrimEnd('/') + "/health/live", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            error.WriteLine(Usage);
            return 2;
        }
        try
        {
            using var certificates = url.Scheme == Uri.UriSchemeHttps ? HostParts.ReadCertificates(OwnOptions(), TimeProvider.System) : null;
            using var client = new HttpClient(certificates?.MakeHandler() ?? new SocketsHttpHandler()) { Timeout = AnswersWithin };
            using var answer = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
            (answer.IsSuccessStatusCode ? output : error).WriteLine($"{url}: {(int)answer.StatusCode}");
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (HttpRequestException refused)
        {
            error.WriteLine($"{url}: {refused.Message}");
        }
        catch (InvalidDataException unusable)
        {
            error.WriteLine(unusable.Message);
            return 2;
        }
        catch (TaskCanceledException)
        {
            error.WriteLine($"{url}: no answer within {AnswersWithin.TotalSeconds:0} s");
        }
        return 1;
    }

    /// <exception cref="InvalidDataException">They have mistakes.</exception>
    private static ClusterOptions OwnOptions()
    {
        var (options, mistakes) = NodeArguments.Read([]);
        return options?.Cluster ?? throw new InvalidDataException(string.Join("; ", mistakes));
    }
}
