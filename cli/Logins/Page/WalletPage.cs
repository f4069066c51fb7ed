using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;

namespace Lucid.Cli.Logins.Page;

/// <summary>
/// A page on this machine on which the wallet of a browser signs in. Its address has a secret in its path, and it answers to the name of
/// loopback alone, so that a page from elsewhere can neither find it nor speak to it. It serves one signature.
/// </summary>
internal sealed class WalletPage : IDisposable
{
    // Longer than a signature, an address and what JSON puts around them.
    private const int MaxBody = 4096;
    private const int SecretBytes = 16;

    // Of a body that is not one of ours, so much is read before the connection is cut.
    private const int MaxRefused = 1 << 16;

    // A port that was free a moment ago may be somebody else's now.
    private const int PortTries = 5;

    private readonly HttpListener _listener;
    private readonly string _path;

    private WalletPage(HttpListener listener, Uri url) => (_listener, Url, _path) = (listener, url, url.AbsolutePath);

    /// <summary>What the browser opens.</summary>
    public Uri Url { get; }

    /// <exception cref="CliException">No port can be had.</exception>
    public static WalletPage Start()
    {
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));
        for (var tried = 1; ; tried++)
        {
            var url = $"http://127.0.0.1:{FreePort()}/{secret}/";
            var listener = new HttpListener { Prefixes = { url } };
            try
            {
                listener.Start();
                return new WalletPage(listener, new Uri(url));
            }
            catch (HttpListenerException taken) when (tried == PortTries)
            {
                throw new CliException($"No page for the wallet can be opened on this machine: {taken.Message} Sign in with --address instead.", taken);
            }
            catch (HttpListenerException)
            {
                listener.Close();
            }
        }
    }

    /// <summary>Serves the page until the wallet has signed.</summary>
    /// <param name="challenge">Gives what a wallet is to sign. What it throws ends the page, which says so.</param>
    public async Task<SignedChallenge> SignAsync(Func<string, CancellationToken, Task<LoginChallenge>> challenge, CancellationToken cancellation)
    {
        LoginChallenge? asked = null;
        while (true)
        {
            var context = await _listener.GetContextAsync().WaitAsync(cancellation);
            var path = context.Request.Url!.AbsolutePath;
            switch (context.Request.HttpMethod)
            {
                case "GET" when path == _path:
                    await AnswerAsync(context, "text/html; charset=utf-8", Resource("page.html"));
                    break;
                case "GET" when path == _path + "page.js":
                    await AnswerAsync(context, "text/javascript; charset=utf-8", Resource("page.js"));
                    break;
                case "POST" when path == _path + "challenge" && await ReadAsync(context, "address") is { } address:
                    asked = await AskAsync(context, address, challenge, cancellation);
                    break;
                case "POST" when path == _path + "signature" && asked is not null && await ReadAsync(context, "signature") is { } signature:
                    await AnswerAsync(context, new { });
                    return new SignedChallenge(asked, signature);
                default:
                    await RefuseAsync(context);
                    break;
            }
        }
    }

    public void Dispose() => _listener.Close();

    private static async Task<LoginChallenge> AskAsync(
        HttpListenerContext context, string address, Func<string, CancellationToken, Task<LoginChallenge>> challenge, CancellationToken cancellation)
    {
        try
        {
            var asked = await challenge(address, cancellation);
            await AnswerAsync(context, new { message = asked.Text });
            return asked;
        }
        catch (Exception refused) when (refused is CliException or RefusedException)
        {
            await AnswerAsync(context, new { error = refused.Message });
            throw;
        }
    }

    /// <summary>Null where the body is not an object with that text, or never came whole.</summary>
    private static async Task<string?> ReadAsync(HttpListenerContext context, string name)
    {
        try
        {
            var buffer = new byte[MaxBody];
            var length = await context.Request.InputStream.ReadAtLeastAsync(buffer, MaxBody, throwOnEndOfStream: false);
            using var body = JsonDocument.Parse(buffer.AsMemory(0, length));
            if (body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
                return value.GetString();
        }
        catch (Exception notOurs) when (notOurs is JsonException || IsBroken(notOurs))
        {
            // Nor worth more words: our own page asks otherwise.
        }
        return null;
    }

    private static async Task RefuseAsync(HttpListenerContext context)
    {
        try
        {
            // A client reads the answer only when it has sent its whole body; and what is left of one would be taken for the next request.
            context.Response.KeepAlive = false;
            context.Response.StatusCode = (int)HttpStatusCode.NotFound;
            var buffer = new byte[MaxBody];
            for (int read, left = MaxRefused; left > 0 && (read = await context.Request.InputStream.ReadAsync(buffer)) > 0;)
                left -= read;
            context.Response.Close();
        }
        catch (Exception broken) when (IsBroken(broken))
        {
            context.Response.Abort();
        }
    }

    /// <summary>Whether that is how the listener says that a request ended early or was not HTTP; the latter it has answered by itself then.</summary>
    private static bool IsBroken(Exception thrown) => thrown is IOException or HttpListenerException or WebException or ObjectDisposedException;

    private static Task AnswerAsync<T>(HttpListenerContext context, T answer) => AnswerAsync(context, "application/json", JsonSerializer.SerializeToUtf8Bytes(answer));

    private static async Task AnswerAsync(HttpListenerContext context, string type, byte[] bytes)
    {
        var response = context.Response;
        response.ContentType = type;
        response.Headers["Cache-Control"] = "no-store";
        response.Headers["Content-Security-Policy"] = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["X-Content-Type-Options"] = "nosniff";
        response.ContentLength64 = bytes.Length;
        try
        {
            await response.OutputStream.WriteAsync(bytes);
            response.Close();
        }
        catch (HttpListenerException)
        {
            // The browser has left; it may come back.
            response.Abort();
        }
    }

    private static byte[] Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Lucid.Cli.Logins.Page.{name}")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

/// <summary>What a wallet signed.</summary>
/// <param name="Signature">As the wallet gave it; the node says whether it is one.</param>
internal sealed record SignedChallenge(LoginChallenge Challenge, string Signature);
