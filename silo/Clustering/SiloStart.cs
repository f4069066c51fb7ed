using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Database;
using Lucid.Silo.Hosting;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Lucid.Silo.Clustering;

/// <summary>
/// What a silo does around its engine and its web server, which start and stop by themselves: before anybody can send a chunk, once it
/// listens, and before it stops.
/// </summary>
internal sealed class SiloStart(
    NodeOptions options, DataFolder folder, NodeIdentity identity, Genesis genesis, IGrains grains, KeyRing keys, ChunkStore chunks, NodeLife life, PostgresSessionDirectory directory, SessionWaker waker,
    RecorderEndpoint endpoint, NodeSign sign, NodeAnnouncement announcement, IServer server, TimeProvider clock, ILogger<SiloStart> log) : IHostedLifecycleService, IDisposable
{
    // Longer than the others take to notice, however busy the machine is, that the silo of before is dead.
    private static readonly TimeSpan _ledgerStartsWithin = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _asksAgain = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private IReadOnlyCollection<Guid> _asleep = [];
    private Task _waking = Task.CompletedTask;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        _asleep = await directory.UnfinishedAsync(identity.Name, cancellationToken);
        // Also of those that have moved away: what was being written here when this silo died is nobody's.
        foreach (var session in keys.Sessions())
            chunks.RemoveUnfinished(session);
    }

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        var url = new Uri(options.Cluster.RecorderUrl).Port == 0 ? server.Features.Get<IServerAddressesFeature>()!.Addresses.First() : options.Cluster.RecorderUrl;
        endpoint.Listens(url);
        if (identity.Name == options.Cluster.Ledger)
            await StartLedgerAsync(cancellationToken);
        life.Ready();
        _waking = WakeAsync();
        sign.HangOut(url, identity.Name, genesis, log, $"silo {identity.Name} of cluster {options.Cluster.Id}, ");
        if (!keys.IsBackedUp)
            announcement.Say($"The recovery key of {identity.Name} is not backed up. Run `lucid keys backup FILE --recorder {identity.Name}`, and keep the file and a copy of {folder.Root}/keys/sessions elsewhere.");
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        sign.TakeIn();
        await _stopping.CancelAsync();
        await _waking;
    }

    public void Dispose() => _stopping.Dispose();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Asks until the ledger's grain answers: a silo that is back at once finds it said to be on the one of before, until that is declared dead.</summary>
    private async Task StartLedgerAsync(CancellationToken cancellation)
    {
        for (var began = clock.GetTimestamp(); ;)
        {
            try
            {
                await grains.Get<IChainGrain>(identity.Name).StartAsync();
                return;
            }
            catch (EngineException silent) when (silent is GrainUnreachableException or CallDeadlineException && clock.GetElapsedTime(began) < _ledgerStartsWithin)
            {
                await Task.Delay(_asksAgain, clock, cancellation);
            }
        }
    }

    private async Task WakeAsync()
    {
        await waker.WakeAsync(_asleep, look: null, _stopping.Token);
        // Not before: a silo that dies now has not told every session of the last outage, and the next start is to see it still.
        if (!_stopping.IsCancellationRequested)
            life.Start();
    }
}
