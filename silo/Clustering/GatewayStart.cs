using Lucid.Evidence.Ledger;
using Lucid.Gateway.Auth;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Hosting;
using Microsoft.AspNetCore.Hosting.Server;

namespace Lucid.Silo.Clustering;

/// <summary>Says that a gateway is up, and where, until it stops.</summary>
internal sealed class GatewayStart(
    NodeOptions options, Genesis genesis, IGrains grains, LoginPlace place, NodeSign sign, NodeAnnouncement announcement, IServer server, ILogger<GatewayStart> log) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        sign.HangOut(HostParts.UrlOf(server), options.Name!, genesis, log, $"gateway {options.Name} of cluster {options.Cluster.Id}, ");
        await FirstAdministrator.AnnounceAsync(grains, place, announcement, log);
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        sign.TakeIn();
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
