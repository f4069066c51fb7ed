using Lucid.Evidence.Ledger;
using Lucid.Gateway.Auth;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Hosting;
using Lucid.Silo.Storage;
using Microsoft.AspNetCore.Hosting.Server;

namespace Lucid.Silo.Clustering;

/// <summary>Says that a gateway is up, and where, until it stops.</summary>
internal sealed class GatewayStart(
    NodeOptions options, DataFolder folder, Genesis genesis, IGrains grains, LoginPlace place, NodeAnnouncement announcement, IServer server, TimeProvider clock, ILogger<GatewayStart> log) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        var url = HostParts.UrlOf(server);
        OwnTrust.Add(folder, genesis, log);
        new NodeFile(url, Environment.ProcessId, genesis.Network, options.Name!, clock.GetUtcNow()).Write(folder);
        announcement.Say($"Lucid is ready on {url} (gateway {options.Name} of cluster {options.Cluster.Id}, network {genesis.Network.ToString()[..12]}…, data {folder.Root}). Ctrl-C stops it.");
        await FirstAdministrator.AnnounceAsync(grains, place, announcement, log);
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        File.Delete(folder.NodeFile);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
