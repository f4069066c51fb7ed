using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>Where recorders are, as a test says; each request is tried once, there.</summary>
internal sealed class FakeLink : IRecorderLink, IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        // None of the tests waits for it: a body that is not asked for never sets out.
        Expect100ContinueTimeout = TimeSpan.FromMinutes(5),
    });

    public string? Own { get; init; }
    public ConcurrentDictionary<string, RecorderAddress> Addresses { get; } = new(StringComparer.Ordinal);

    /// <summary>The recorders that requests were for, in turn.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Says of a recorder that it is where nobody listens.</summary>
    public void Refuse(string recorder)
    {
        // A port that was free a moment ago, and that the system does not give away again soon.
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        Addresses[recorder] = new RecorderAddress($"http://{listener.LocalEndpoint}", "nobody's token");
    }

    public async Task<HttpResponseMessage> SendAsync(string recorder, Func<RecorderAddress, HttpRequestMessage> make, CancellationToken cancellation)
    {
        Asked.Enqueue(recorder);
        if (!Addresses.TryGetValue(recorder, out var address))
            throw new GrainUnreachableException($"recorder/{recorder}", "it is in no cluster");
        using var request = make(address);
        Assert.Null(request.Headers.Authorization);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", address.Token);
        try
        {
            return await _http.SendAsync(request, cancellation);
        }
        catch (HttpRequestException broken)
        {
            throw new GrainUnreachableException($"recorder/{recorder}", broken.Message);
        }
    }

    public void Dispose() => _http.Dispose();
}
