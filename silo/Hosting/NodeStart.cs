using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Gateway.Auth;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Ledger;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;
using Microsoft.AspNetCore.Hosting.Server;

namespace Lucid.Silo.Hosting;

/// <summary>
/// The order in which a node comes up and goes down: engine, ledger, and only then the web server and the ready line, while the sessions
/// that were cut off are woken; down in the opposite order, so that nothing is called that has stopped.
/// </summary>
internal sealed class NodeStart(
    DataFolder folder, NodeIdentity identity, KeyRing keys, EmbeddedEngine engine, SqliteGrainStore store, IGrains grains, ChunkStore chunks, NodeLife life,
    DirectoryFile lists, SessionDirectory directory, SessionWaker waker, UserRelisting users, LedgerFiles ledger, NodeSign sign, NodeAnnouncement announcement, LoginPlace place, IServer server, ILogger<NodeStart> log) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private IReadOnlyCollection<Guid> _asleep = [];
    private Task _waking = Task.CompletedTask;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await engine.StartAsync(cancellationToken);
        if (StoreProbe.Loss(store, folder) is { } loss)
            log.LogError("{Loss}", loss);
        await grains.Get<IChainGrain>(identity.Name).StartAsync();
        directory.Repair = session => _ = RelistAsync(session);
        users.WatchRows();
        var sessions = lists.LacksSessions || lists.LacksShares ? [.. keys.Sessions()] : await directory.UnfinishedAsync(cancellationToken);
        // Before anybody can send one. Only a session that was not over can have had a chunk on its way.
        foreach (var session in sessions)
            chunks.RemoveUnfinished(session);
        // A new list has to be whole before anybody reads it.
        if (lists.LacksSessions)
            await WakeAsync(sessions);
        else
            _asleep = sessions;
        if (lists.LacksUsers)
            await users.ListAllAsync(cancellationToken);
    }

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        // First of all, so that sessions woken now are told of the whole outage, the start with it.
        life.Ready();
        // Ten thousand of them must not keep the node from being ready.
        _waking = WakeAllAsync();
        sign.HangOut(HostParts.UrlOf(server), identity.Name, ledger.Genesis, log);
        if (!keys.IsBackedUp)
            announcement.Say($"The recovery key is not backed up. Run `lucid keys backup FILE`, and keep the file and a copy of {folder.Root}/keys/sessions elsewhere: with both, `lucid keys restore` opens every session key again, and losing this disk without them loses all recordings.");
        await FirstAdministrator.AnnounceAsync(grains, place, announcement, log);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        sign.TakeIn();
        await _stopping.CancelAsync();
        await _waking;
    }

    public void Dispose() => _stopping.Dispose();

    public Task StoppedAsync(CancellationToken cancellationToken) => engine.StopAsync(cancellationToken);
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Writes a damaged row of the list anew, from its session.</summary>
    private async Task RelistAsync(Guid session)
    {
        try
        {
            var grain = grains.Get<ISessionGrain>(session.ToString("D"));
            await directory.UpsertAsync(await grain.GetAsync(Caller.Lucid), (await grain.SharesAsync(Caller.Lucid)).Shares, CancellationToken.None);
        }
        catch (Exception exception)
        {
            log.LogWarning("Session {Session} could not be listed anew: {Reason}", session, exception.Message);
        }
    }

    /// <summary>Which chunks may have receipts that the store no longer knows of. Their files stay.</summary>
    private void NoteUncounted(SessionView session)
    {
        var uncounted = chunks.Indices(session.SessionId).Where(index => index >= session.NextIndex && !session.CountedAhead.Contains(index)).Order().ToList();
        if (uncounted.Count > 0)
            log.LogError("Session {Session} counts chunks below {Next}, but these are stored too and may have receipts: {Chunks}", session.SessionId, session.NextIndex, string.Join(", ", uncounted));
    }

    private async Task WakeAllAsync()
    {
        await WakeAsync(_asleep);
        // Not before: a node that dies now has not told every session of the last outage, and the next start is to see it still.
        if (!_stopping.IsCancellationRequested)
            life.Start();
    }

    private Task WakeAsync(IEnumerable<Guid> sessions) => waker.WakeAsync(sessions, store.LostCommits > 0 ? NoteUncounted : null, _stopping.Token);
}

/// <summary>How a node tells whoever started it what they should know.</summary>
internal sealed record NodeAnnouncement(Action<string> Say);
