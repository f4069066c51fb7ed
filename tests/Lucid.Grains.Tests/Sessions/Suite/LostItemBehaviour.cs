using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>
/// Sessions on an engine that loses every item: chunks whose recorder died before it told the session, and anchors that nobody tells of, are
/// found by looking. Only who asks the session, or its reminder, makes it look.
/// </summary>
public abstract class LostItemBehaviour
{
    private readonly SessionWorld _world;

    private protected LostItemBehaviour(SessionWorld world) => _world = world;

    [Fact]
    public Task Chunk_WhoseRecorderDied_IsNotCountedBefore_ButOnceTheSessionCloses() => _world.RunAsync(async () =>
    {
        await CreateWithForgottenChunkAsync();
        await _world.DelayAsync(10);
        Assert.Equal(0, (await _world.Session.GetAsync()).ChunkCount);
        var view = await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal(("interrupted", 1L), (view.Outcome, view.ChunkCount));
        Assert.IsType<ChunkLeaf>((await _world.LeavesAsync())[0]);
    });

    [Fact]
    public Task Chunk_WhoseRecorderDied_InASessionWhoseNodeDied_IsCountedByTheReminderAlone() => _world.RunAsync(async () =>
    {
        await CreateWithForgottenChunkAsync();
        await _world.KillAsync();
        await _world.UntilListedAsync(SessionStatus.Anchored);
        var view = await _world.Session.GetAsync();
        Assert.Equal(("interrupted", 1L), (view.Outcome, view.ChunkCount));
        Assert.IsType<ChunkLeaf>((await _world.LeavesAsync())[0]);
    });

    [Fact]
    public Task Anchor_OfASessionWhoseNodeDied_IsFoundByTheReminderAlone() => _world.RunAsync(async () =>
    {
        _world.Ledger.Open = false;
        await CreateWithForgottenChunkAsync();
        Assert.Equal(SessionStatus.Anchoring, (await _world.StopAsync()).Status);
        await _world.KillAsync();
        _world.Ledger.Open = true;
        await _world.UntilListedAsync(SessionStatus.Anchored);
        Assert.Equal(1, (await _world.Session.GetAsync()).ChunkCount);
        Assert.Single(_world.Entries);
    });

    private async Task CreateWithForgottenChunkAsync()
    {
        // Whichever node dies, another one has the session's key.
        _world.GiveHeirs("node-2", "node-3");
        await _world.CreateAsync(idle: TimeSpan.FromSeconds(20));
        var admission = await _world.Session.AdmitAsync(new AdmitChunk(0, 1, 0, null));
        await _world.StoreAsync(0, admission.Times);
    }
}
