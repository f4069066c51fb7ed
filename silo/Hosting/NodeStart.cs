using Lucid.Engine.Embedded;
using Lucid.Evidence;
using Lucid.Evidence.Verification;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Ledger;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Lucid.Silo.Hosting;

/// <summary>
/// The order in which a node comes up and goes down: engine, ledger, sessions that were cut off, and only then the web server and the
/// ready line; down in the opposite order, so that nothing is called that has stopped.
/// </summary>
internal sealed class NodeStart(
    DataFolder folder, NodeIdentity identity, KeyRing keys, EmbeddedEngine engine, IGrains grains, ChunkStore chunks, NodeLife life,
    SessionDirectory directory, LedgerFiles ledger, NodeAnnouncement announcement, IServer server, TimeProvider clock, ILogger<NodeStart> log) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await engine.StartAsync(cancellationToken);
        await grains.Get<IChainGrain>(identity.Name).StartAsync();
        // Reminders would wake them too; asking now spares whoever waits for one of them a minute.
        foreach (var session in directory.IsNew ? [.. keys.Sessions()] : await directory.UnfinishedAsync(cancellationToken))
        {
            // Only a session that was not over can have had a chunk on its way.
            chunks.RemoveUnfinished(session);
            await WakeAsync(session, cancellationToken);
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var url = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        // Whoever runs a node takes its own network's word.
        TrustOwnNetwork();
        life.Start();
        new NodeFile(url, Environment.ProcessId, identity.Network, identity.Name, clock.GetUtcNow()).Write(folder);
        announcement.Say($"Lucid is ready on {url} (network {identity.Network.ToString()[..12]}…, data {folder.Root}). Ctrl-C stops it.");
        if (!keys.IsBackedUp)
            announcement.Say($"The recovery key is not backed up. Run `lucid keys backup FILE`, and keep the file and a copy of {folder.Root}/keys/sessions elsewhere: with both, `lucid keys restore` opens every session key again, and losing this disk without them loses all recordings.");
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        // First of all: whoever looks for a node from here on should find none.
        File.Delete(folder.NodeFile);
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => engine.StopAsync(cancellationToken);
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void TrustOwnNetwork()
    {
        var trust = new TrustStore(folder.Trust);
        try
        {
            trust.Add(ledger.Genesis.Validators);
        }
        catch (MalformedException damage)
        {
            // The genesis, which was checked, says the same: nothing is lost by writing it anew.
            log.LogWarning("The node's own trusted validators are written anew: {Reason}", damage.Message);
            trust.Add(ledger.Genesis.Validators, replace: true);
        }
    }

    private async Task WakeAsync(Guid session, CancellationToken cancellation)
    {
        try
        {
            await grains.Get<ISessionGrain>(session.ToString("D")).GetAsync();
        }
        // Whatever it is, it is one session's: the others are to be recorded all the same.
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            log.LogWarning(exception, "Session {Session} did not wake: {Reason}", session, exception.Message);
        }
    }
}

/// <summary>How a node tells whoever started it what they should know.</summary>
internal sealed record NodeAnnouncement(Action<string> Say);
