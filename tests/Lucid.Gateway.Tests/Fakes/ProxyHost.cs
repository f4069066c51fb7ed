using Lucid.Gateway.Recorders;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>A gateway of a cluster whose session is at one recorder and can go to another. The ledger is a third one's.</summary>
internal sealed class ProxyHost : IAsyncDisposable
{
    private ProxyHost(FakeLink link, GatewayHost gateway, LoopbackRecorder first, LoopbackRecorder second, LoopbackRecorder ledger) =>
        (Link, Gateway, First, Second, Ledger) = (link, gateway, first, second, ledger);

    public FakeLink Link { get; }
    public GatewayHost Gateway { get; }
    public HttpClient Client => Gateway.Client;

    /// <summary>silo-1.</summary>
    public LoopbackRecorder First { get; }

    /// <summary>silo-2.</summary>
    public LoopbackRecorder Second { get; }

    /// <summary>node-1, the name that the ledger in memory has.</summary>
    public LoopbackRecorder Ledger { get; }

    public Guid Id { get; } = Guid.CreateVersion7();
    public FakeSession Session => Gateway.Node.Session(Id);
    public string Chunk => $"/api/v1/sessions/{Id}/chunks/0";

    /// <param name="own">The recorder of the process that is asked; none in a gateway.</param>
    public static async Task<ProxyHost> StartAsync(string? own = null)
    {
        var link = new FakeLink { Own = own };
        var recorders = await Task.WhenAll(new[] { "silo-1", "silo-2", GatewayHost.NodeId }.Select(name => LoopbackRecorder.StartAsync(link, name)));
        var options = GatewayHost.Options with { Node = own ?? "gateway-1", Ledger = GatewayHost.NodeId };
        var gateway = await GatewayHost.StartAsync(services => services.AddSingleton<IRecorderLink>(link), options);
        var host = new ProxyHost(link, gateway, recorders[0], recorders[1], recorders[2]);
        host.Session.BeAt("silo-1");
        host.Session.Heirs.Enqueue("silo-2");
        return host;
    }

    public async Task<HttpResponseMessage> PutAsync(HttpContent body, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, Chunk) { Content = body };
        request.Headers.Add("Lucid-Lease", "1");
        change?.Invoke(request);
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        foreach (var recorder in (LoopbackRecorder[])[First, Second, Ledger])
            await recorder.DisposeAsync();
        Link.Dispose();
    }
}
