using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>Sessions that are anchored in the ledger of another node than their recorder's, and erased at several recorders.</summary>
public sealed class SessionLedgerTests
{
    private const string Recorder = SessionWorld.Node;
    private const string Heir = "node-2";
    private const string Ledger = "node-3";
    private readonly SessionWorld _world = new();

    public SessionLedgerTests()
    {
        _world.GiveHeirs(Heir);
        _world.LedgerIsAt(Ledger);
    }

    [Fact]
    public void Stop_HandsASignedTransactionToTheLedgersNode() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        await StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        var signed = await _world.Session.ManifestAsync();
        Assert.Equal(Anchor.Of(Manifest.Parse(signed.Manifest), signed.Manifest).Encode(), Assert.Single(_world.Ledger.Entries));
        Assert.Equal([Ledger], _world.Ledger.Nodes);
    });

    [Fact]
    public void Stop_WithTheLedgerAway_NamesTheLastBlockItHeardOf_AndIsAnchoredOnceItIsBack() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        var known = _world.Ledger.Latest;
        _world.Ledger.Latest = new BlockPoint(9, Hash256.Of("later"u8), 999_999_999_000);
        _world.Recorders.Away.Add(Ledger);
        var stopped = await StopAsync();
        Assert.Equal(SessionStatus.Anchoring, stopped.Status);
        Assert.StartsWith("the ledger of node node-3, which cannot be asked", stopped.Waiting, StringComparison.Ordinal);
        Assert.Equal((known.Height, known.Id), await AfterBlockAsync());
        await _world.DelayAsync(300);
        Assert.Equal(SessionStatus.Anchoring, (await _world.Session.GetAsync()).Status);
        _world.Recorders.Away.Clear();
        Assert.Null((await _world.UntilAsync(SessionStatus.Anchored)).Waiting);
    });

    [Fact]
    public void Create_WithTheLedgerAway_TakesNoTime_AndItsManifestNamesTheBlockAtTheEnd() => _world.Run(async () =>
    {
        _world.Recorders.Away.Add(Ledger);
        var before = _world.Simulation.Clock.GetUtcNow();
        await _world.CreateAsync();
        Assert.Equal(before, _world.Simulation.Clock.GetUtcNow());
        var stopped = await StopAsync();
        Assert.Equal(SessionStatus.Sealing, stopped.Status);
        Assert.StartsWith("the ledger of node node-3, which cannot be asked", stopped.Waiting, StringComparison.Ordinal);
        _world.Recorders.Away.Clear();
        await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal((_world.Ledger.Latest.Height, _world.Ledger.Latest.Id), await AfterBlockAsync());
    });

    [Fact]
    public void Create_WithALedgerThatGivesNoAnswer_WaitsTwoSecondsForIt() => _world.Run(async () =>
    {
        var hangs = new TaskCompletionSource();
        _world.Ledger.Gate = hangs.Task;
        var before = _world.Simulation.Clock.GetUtcNow();
        await _world.CreateAsync();
        Assert.Equal(TimeSpan.FromSeconds(2), _world.Simulation.Clock.GetUtcNow() - before);
        hangs.SetResult();
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ledger_ThatMakesNoBlocks_KeepsSessionsFromBeingSealed_AndFromNothingElse(bool damaged) => _world.Run(async () =>
    {
        _world.Ledger.Failure = damaged ? new LedgerDamagedException("the ledger is damaged") : new LedgerUnavailableException("the ledger has no quorum");
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        var stopped = await StopAsync();
        Assert.Equal((SessionStatus.Sealing, _world.Ledger.Failure.Message), (stopped.Status, stopped.Waiting));
        _world.Ledger.Failure = null;
        await _world.UntilAsync(SessionStatus.Anchored);
    });

    [Fact]
    public void Recorder_AwayOnceTheManifestIsSigned_IsNotNeededForTheAnchor() => _world.Run(async () =>
    {
        _world.Ledger.Open = false;
        await _world.CreateAsync();
        await StopAsync();
        _world.Recorders.Away.UnionWith([Recorder, Heir]);
        _world.Ledger.Entries.Clear();
        _world.Ledger.Open = true;
        var view = await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal(Recorder, view.Recorder);
        Assert.Single(_world.Ledger.Entries);
    });

    [Fact]
    public void Stop_WithARecorderAwayWhoseOwnLedgerWasNeverHeardOf_NamesTheHeirsLedger() => _world.Run(async () =>
    {
        _world.Vault.Ledger = null;
        _world.Recorders[Heir].Ledger = null;
        _world.Ledger.Failure = new LedgerUnavailableException("the ledger has no quorum");
        await _world.CreateAsync();
        _world.Ledger.Failure = null;
        _world.Recorders.Away.Add(Recorder);
        await StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal([Heir], _world.Ledger.Nodes);
    });

    [Fact]
    public void Ledger_OnTheNodeOfTheHeir_IsAskedAsItsOwn() => _world.Run(async () =>
    {
        _world.LedgerIsAt(Heir);
        await _world.CreateAsync();
        await _world.Session.MoveAsync(Recorder);
        await StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal([Heir], _world.Ledger.Nodes);
    });

    [Fact]
    public void Erase_DestroysTheKeyAtEveryRecorder_AndAnchorsARecordThatWasSigned() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        await StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        var erased = await _world.Session.EraseAsync();
        Assert.Equal(SessionStatus.Erased, erased.Status);
        Assert.All((string[])[Recorder, Heir], name => Assert.Contains(_world.Id, _world.Recorders[name].Erased));
        var entry = LedgerEntry.Parse(_world.Ledger.Entries[^1]);
        Assert.Equal((LedgerEntryKind.Erasure, _world.Vault.Key.PublicKey), (entry.Kind, entry.Recorder));
        Assert.Equal([Ledger, Ledger], _world.Ledger.Nodes);
    });

    [Theory]
    [InlineData(Recorder, Heir)]
    [InlineData(Heir, Recorder)]
    public void Erase_WithOneRecorderAway_DestroysTheOthersKey_AndIsDoneOnceTheOneIsBack(string away, string there) => _world.Run(async () =>
    {
        await _world.CreateAsync();
        await StopAsync();
        Assert.False((await _world.UntilAsync(SessionStatus.Anchored)).IsBeingErased);
        _world.Recorders.Away.Add(away);
        var asked = await _world.Session.EraseAsync();
        Assert.Equal((SessionStatus.Anchored, true), (asked.Status, asked.IsBeingErased));
        Assert.StartsWith($"recorder {away}, which has the session's key, cannot be reached; ", asked.Waiting, StringComparison.Ordinal);
        Assert.Contains(_world.Id, _world.Recorders[there].Erased);
        await _world.DelayAsync(300);
        Assert.Equal(SessionStatus.Anchored, (await _world.Session.EraseAsync()).Status);
        Assert.Equal(1, _world.Recorders[there].ErasureCalls);
        _world.Recorders.Away.Clear();
        var erased = await _world.UntilAsync(SessionStatus.Erased);
        Assert.Contains(_world.Id, _world.Recorders[away].Erased);
        Assert.False(erased.IsBeingErased);
        Assert.NotNull(erased.ErasedAt);
    });

    [Fact]
    public void Erase_WithTheLedgerAway_IsAnchoredOnceItIsBack() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        await StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        _world.Recorders.Away.Add(Ledger);
        Assert.Equal(SessionStatus.Erased, (await _world.Session.EraseAsync()).Status);
        // From here on no recorder is needed.
        _world.Recorders.Away.UnionWith([Recorder, Heir]);
        _world.Recorders.Away.Remove(Ledger);
        await _world.DelayAsync(90);
        Assert.IsType<Erasure>(LogEntry.Parse(_world.Ledger.Entries[^1]));
    });

    private Task<SessionView> StopAsync() => _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));

    private async Task<(ulong Height, Hash256 Id)> AfterBlockAsync()
    {
        var after = Manifest.Parse((await _world.Session.ManifestAsync()).Manifest).AfterBlock;
        return (after.Height, after.Id);
    }
}
