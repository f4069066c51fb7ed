using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Grains.Sessions;

/// <summary>What a session asks of the ledger that it will be anchored in, which may be another node's than its recorder's, and away.</summary>
public partial class SessionGrain
{
    /// <summary>Whoever creates a session waits no longer for a block that is not needed until it closes.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    private string LedgerName => LedgerOf(State.Opened!);

    private static string LedgerOf(SessionOpened opened) => opened.Ledger ?? opened.Recorder;

    /// <summary>
    /// The newest block when the session begins, for the case that its ledger cannot be asked at its end. Null where it cannot now, and where
    /// nobody but the ledger's own node can ever seal the session.
    /// </summary>
    private async Task<BlockPoint?> LatestBlockToRememberAsync(SessionOpened opened)
    {
        if (opened.Heirs.IsEmpty && LedgerOf(opened) == opened.Recorder)
            return null;
        try
        {
            return await self.Grains.Get<IChainGrain>(LedgerOf(opened)).LatestAsync().WaitAsync(_patience, self.Clock);
        }
        catch (Exception unanswered) when (unanswered is EngineException or GrainException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>The newest block; where the ledger cannot be asked, the last one that the session has heard of, which is as true and says less.</summary>
    /// <exception cref="LedgerUnavailableException">It cannot be asked, and the session has heard of none.</exception>
    /// <exception cref="GrainUnreachableException">The same, and it is the recorder's own: another recorder may have another one.</exception>
    private async Task<BlockPoint> LatestBlockAsync()
    {
        try
        {
            return await self.Grains.Get<IChainGrain>(LedgerName).LatestAsync();
        }
        catch (EngineException) when (State.LatestBlock is not null)
        {
            return State.LatestBlock;
        }
        catch (EngineException away) when (LedgerName != RecorderName || away is not GrainUnreachableException)
        {
            throw new LedgerUnavailableException(LedgerAway(away));
        }
    }

    /// <summary>The entry as a transaction for the ledger of another node; null where the ledger is the recorder's own, which signs it there.</summary>
    private async Task<byte[]?> SignForLedgerAsync(LogEntry entry) =>
        LedgerName == RecorderName ? null : await AtWork(RecorderName).SignEntryAsync(entry.Encode());

    private string LedgerAway(EngineException away) =>
        $"the ledger of node {LedgerName}, which cannot be asked ({(away as GrainUnreachableException)?.Reason ?? away.Message})";
}
