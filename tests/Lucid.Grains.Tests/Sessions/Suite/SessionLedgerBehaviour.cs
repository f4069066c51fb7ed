using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>Sessions that are anchored in the ledger of another node than their recorder's, and erased at several recorders.</summary>
public abstract class SessionLedgerBehaviour
{
    private const string Recorder = SessionWorld.Node;
    private const string Heir = "node-2";
    private const string Ledger = "node-3";
    private readonly SessionWorld _world;

    private protected SessionLedgerBehaviour(SessionWorld world)
    {
        _world = world;
        _world.GiveHeirs(Heir);
        _world.LedgerIsAt(Ledger);
    }

    [Fact]
    public Task Stop_HandsASignedTransactionToTheLedgersNode() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        await _world.StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        var signed = await _world.Session.ManifestAsync();
        Assert.Equal(Anchor.Of(Manifest.Parse(signed.Manifest), signed.Manifest).Encode(), Assert.Single(_world.Entries));
        Assert.Equal([Ledger], _world.LedgerNodes);
    });

    [Fact]
    public Task Stop_WithTheLedgerAway_NamesTheLastBlockItHeardOf_AndIsAnchoredOnceItIsBack() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        var known = _world.Ledger.Latest;
        _world.Ledger.Latest = new BlockPoint(9, Hash256.Of("later"u8), 999_999_999_000);
        _world.Recorders.TakeAway(Ledger);
        var stopped = await _world.StopAsync();
        Assert.Equal(SessionStatus.Anchoring, stopped.Status);
        Assert.StartsWith("the ledger of node node-3, which cannot be asked", stopped.Waiting, StringComparison.Ordinal);
        Assert.Equal((known.Height, known.Id), await AfterBlockAsync());
        await _world.DelayAsync(300);
        Assert.Equal(SessionStatus.Anchoring, (await _world.Session.GetAsync()).Status);
        _world.Recorders.BringBack();
        Assert.Null((await _world.UntilAsync(SessionStatus.Anchored)).Waiting);
    });

    [Fact]
    public Task Create_WithTheLedgerAway_TakesNoTime_AndItsManifestNamesTheBlockAtTheEnd() => _world.RunAsync(async () =>
    {
        _world.Recorders.TakeAway(Ledger);
        var before = _world.Now;
        await _world.CreateAsync();
        Assert.Equal(before, _world.Now);
        var stopped = await _world.StopAsync();
        Assert.Equal(SessionStatus.Sealing, stopped.Status);
        Assert.StartsWith("the ledger of node node-3, which cannot be asked", stopped.Waiting, StringComparison.Ordinal);
        _world.Recorders.BringBack();
        await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal((_world.Ledger.Latest.Height, _world.Ledger.Latest.Id), await AfterBlockAsync());
    });

    [Fact]
    public Task Create_WithALedgerThatGivesNoAnswer_WaitsTwoSecondsForIt() => _world.RunAsync(async () =>
    {
        var asked = _world.Ledger.Hold();
        var created = _world.CreateAsync();
        await asked;
        var before = _world.Now;
        await _world.AnsweredAsync(created);
        // The call itself would wait for 30 s. Where threads run, time passes a little further than the moment that ends the wait.
        Assert.InRange(_world.Now - before, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10));
        _world.Ledger.Release();
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Ledger_ThatMakesNoBlocks_KeepsSessionsFromBeingSealed_AndFromNothingElse(bool damaged) => _world.RunAsync(async () =>
    {
        _world.Ledger.Failure = damaged ? new LedgerDamagedException("the ledger is damaged") : new LedgerUnavailableException("the ledger has no quorum");
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        var stopped = await _world.StopAsync();
        Assert.Equal((SessionStatus.Sealing, _world.Ledger.Failure.Message), (stopped.Status, stopped.Waiting));
        _world.Ledger.Failure = null;
        await _world.UntilAsync(SessionStatus.Anchored);
    });

    [Fact]
    public Task Recorder_AwayOnceTheManifestIsSigned_IsNotNeededForTheAnchor() => _world.RunAsync(async () =>
    {
        _world.Ledger.Open = false;
        await _world.CreateAsync();
        await _world.StopAsync();
        _world.Recorders.TakeAway(Recorder, Heir);
        _world.Ledger.Forget(_world.Id);
        _world.Ledger.Open = true;
        var view = await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal(Recorder, view.Recorder);
        Assert.Single(_world.Entries);
    });

    [Fact]
    public Task Stop_WithARecorderAwayWhoseOwnLedgerWasNeverHeardOf_NamesTheHeirsLedger() => _world.RunAsync(async () =>
    {
        _world.Vault.Ledger = null;
        _world.Recorders[Heir].Ledger = null;
        _world.Ledger.Failure = new LedgerUnavailableException("the ledger has no quorum");
        await _world.CreateAsync();
        _world.Ledger.Failure = null;
        _world.Recorders.TakeAway(Recorder);
        await _world.StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal([Heir], _world.LedgerNodes);
    });

    [Fact]
    public Task Ledger_OnTheNodeOfTheHeir_IsAskedAsItsOwn() => _world.RunAsync(async () =>
    {
        _world.LedgerIsAt(Heir);
        await _world.CreateAsync();
        await _world.Session.MoveAsync(Recorder);
        await _world.StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal([Heir], _world.LedgerNodes);
    });

    [Fact]
    public Task Erase_DestroysTheKeyAtEveryRecorder_AndAnchorsARecordThatWasSigned() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        var erased = await _world.Session.EraseAsync();
        Assert.Equal(SessionStatus.Erased, erased.Status);
        Assert.All((string[])[Recorder, Heir], name => Assert.Contains(_world.Id, _world.Recorders[name].Erasures));
        var entry = LedgerEntry.Parse(_world.Entries[^1]);
        Assert.Equal((LedgerEntryKind.Erasure, _world.Vault.Key.PublicKey), (entry.Kind, entry.Recorder));
        Assert.Equal([Ledger, Ledger], _world.LedgerNodes);
    });

    [Theory]
    [InlineData(Recorder, Heir)]
    [InlineData(Heir, Recorder)]
    public Task Erase_WithOneRecorderAway_DestroysTheOthersKey_AndIsDoneOnceTheOneIsBack(string away, string there) => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.StopAsync();
        Assert.False((await _world.UntilAsync(SessionStatus.Anchored)).IsBeingErased);
        _world.Recorders.TakeAway(away);
        var asked = await _world.Session.EraseAsync();
        Assert.Equal((SessionStatus.Anchored, true), (asked.Status, asked.IsBeingErased));
        Assert.StartsWith($"recorder {away}, which has the session's key, cannot be reached; ", asked.Waiting, StringComparison.Ordinal);
        Assert.Contains(_world.Id, _world.Recorders[there].Erasures);
        await _world.DelayAsync(300);
        Assert.Equal(SessionStatus.Anchored, (await _world.Session.EraseAsync()).Status);
        Assert.Equal(1, _world.Recorders[there].Erasures[_world.Id]);
        _world.Recorders.BringBack();
        var erased = await _world.UntilAsync(SessionStatus.Erased);
        Assert.Contains(_world.Id, _world.Recorders[away].Erasures);
        Assert.False(erased.IsBeingErased);
        Assert.NotNull(erased.ErasedAt);
    });

    [Fact]
    public Task Erase_WithTheLedgerAway_IsAnchoredOnceItIsBack() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        _world.Recorders.TakeAway(Ledger);
        Assert.Equal(SessionStatus.Erased, (await _world.Session.EraseAsync()).Status);
        // From here on no recorder is needed.
        _world.Recorders.TakeAway(Recorder, Heir);
        _world.Recorders.BringBack(Ledger);
        await _world.DelayAsync(90);
        Assert.IsType<Erasure>(LogEntry.Parse(_world.Entries[^1]));
    });

    private async Task<(ulong Height, Hash256 Id)> AfterBlockAsync()
    {
        var after = Manifest.Parse((await _world.Session.ManifestAsync()).Manifest).AfterBlock;
        return (after.Height, after.Id);
    }
}
