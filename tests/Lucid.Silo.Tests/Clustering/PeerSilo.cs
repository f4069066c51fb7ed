using System.Collections.Immutable;
using System.Collections.Concurrent;
using Lucid.Gateway;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Clustering;
using Lucid.Silo.Recording;
using Lucid.Silo.Tests.Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Silo.Tests.Clustering;

/// <summary>What the others see of a silo: its web server on loopback, with a key ring of its own behind it, and no grains.</summary>
internal sealed class PeerSilo : IAsyncDisposable
{
    private readonly PeerGrains _grains;
    private readonly RecorderLink _link;
    private readonly TempFolder _folder = new();
    private WebApplication? _app;

    private PeerSilo(string name, PeerGrains grains, IClusterMembers members, TimeProvider clock)
    {
        (Name, _grains) = (name, grains);
        Endpoint = new RecorderEndpoint(name);
        Keys = KeyRing.Open(_folder.Data);
        _link = new RecorderLink(grains, members, clock, name, certificates: null);
        Peers = new Peers(Endpoint, _link, members, clock, Log);
    }

    public string Name { get; }
    public KeyRing Keys { get; }
    public RecorderEndpoint Endpoint { get; }
    public Peers Peers { get; }
    public LoggedLines<Peers> Log { get; } = new();
    public Lag Streams { get; } = new();
    public ConcurrentQueue<string> Seen { get; } = new();

    /// <summary>Answers instead of the API.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    public static async Task<PeerSilo> StartAsync(string name, PeerGrains grains, IClusterMembers members, TimeProvider clock)
    {
        var silo = new PeerSilo(name, grains, members, clock);
        await silo.ListenAsync();
        return silo;
    }

    public async Task ListenAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddOptions().AddLogging();
        builder.Services.AddSingleton(_ => Keys).AddSingleton<IStreamLag>(Streams).AddSingleton<NoDisk>();
        builder.Services.AddSingleton<IRecorder, NoDisk>().AddSingleton<IKeyKeeper, NoDisk>().AddSingleton<ILogReader, NoDisk>();
        builder.Services.AddSingleton<IGrains>(_grains).AddSingleton<ISessionDirectory, NoSessions>();
        builder.Services.AddLucidGateway(new GatewayOptions { Token = Endpoint.Token, Node = Name, IsForPeers = true });
        _app = builder.Build();
        _app.Use(async (context, next) =>
        {
            Seen.Enqueue($"{context.Request.Method} {context.Request.Path} {context.Request.Headers.Authorization}");
            if (Answer is { } answer)
                await answer(context);
            else
                await next(context);
        });
        _app.MapLucidGateway();
        _app.MapPeers();
        await _app.StartAsync();
        Endpoint.Listens(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/");
        _grains.Addresses[Name] = Endpoint.Address;
    }

    /// <summary>Its process is gone; the cluster has not noticed.</summary>
    public async Task DieAsync()
    {
        await _app!.DisposeAsync();
        _app = null;
    }

    /// <summary>Whether its disk holds that key: as its next start reads it.</summary>
    public (Evidence.Hash256 Commitment, Evidence.Hash256 Salt)? Stored(Guid session)
    {
        using var ring = KeyRing.Open(_folder.Data);
        try
        {
            var (key, salt) = ring.Open(session);
            using (key)
                return (key.Commitment(session), salt);
        }
        catch (KeyErasedException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _link.Dispose();
        Keys.Dispose();
        _folder.Dispose();
    }

    internal sealed class Lag : IStreamLag
    {
        public TimeSpan? Worst { get; set; }
    }

    private sealed class NoSessions : ISessionDirectory
    {
        public Task UpsertAsync(SessionView session, ImmutableArray<SessionShare> shares, CancellationToken cancellation) => throw new NotSupportedException();
        public Task CheckNewAsync(Guid session, CancellationToken cancellation) => throw new NotSupportedException();
        public Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation) => throw new NotSupportedException();
        public Task<SessionStatistics> AddUpAsync(string? owner, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
