using Lucid.Silo.Hosting;

namespace Lucid.Silo.Configuration;

/// <summary>What the options must be by which a node is reached, beyond what each of them must be alone.</summary>
internal static class AccessRules
{
    public static IEnumerable<OptionMistake> Find(NodeOptions options)
    {
        foreach (var mistake in options.Access.FindMistakes())
            yield return new(mistake.TrimEnd('.'), "access");
        foreach (var (text, option) in options.Mail.FindMistakes())
            yield return new(text, option);
        foreach (var url in options.Urls.Split(';'))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || !(uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps))
                yield return new($"urls (--urls) has '{url}'; give something like http://127.0.0.1:8080", "urls");
            else if (uri.Scheme == Uri.UriSchemeHttps && options.Access.Certificate is null)
                yield return new($"urls (--urls) has '{url}', which needs a certificate; give access.certificate and access.certificateKey", "urls", "access.certificate");
            else if (uri.Scheme == Uri.UriSchemeHttp && !uri.IsLoopback)
                yield return new($"urls (--urls) has '{url}', where tokens would travel in the clear; beyond loopback give https, with access.certificate and access.certificateKey", "urls");
        }
    }
}
