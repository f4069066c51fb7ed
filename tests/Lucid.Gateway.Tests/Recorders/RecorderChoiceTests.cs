using System.Collections.Immutable;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Tests.Recorders;

public sealed class RecorderChoiceTests
{
    public static TheoryData<Exception> Passable =>
        [new NoRoomException("the disk is full"), new GrainUnreachableException("recorder/a", "it is away"), RecorderNotAllowedException.For(Guid.Empty, "a")];

    [Fact]
    public async Task Sessions_GoToTheRecordersInTurn()
    {
        var choice = new RecorderChoice(new Names("a", "b", "c"));
        var chosen = new List<string>();
        for (var i = 0; i < 6; i++)
            chosen.Add(await choice.CreateAsync(Task.FromResult, default));
        Assert.Equal(["a", "b", "c"], chosen[..3].Order());
        Assert.Equal(chosen[..3], chosen[3..]);
    }

    [Theory]
    [MemberData(nameof(Passable), DisableDiscoveryEnumeration = true)]
    public async Task Recorder_WithoutRoomOrAway_IsPassedOver(Exception refusal)
    {
        var choice = new RecorderChoice(new Names("a", "b", "c"));
        var tried = new List<string>();
        var taken = await choice.CreateAsync(name =>
        {
            tried.Add(name);
            return tried.Count < 3 ? Task.FromException<string>(refusal) : Task.FromResult(name);
        }, default);
        Assert.Equal(["a", "b", "c"], tried.Order());
        Assert.Equal(tried[^1], taken);
    }

    [Theory]
    [MemberData(nameof(Passable), DisableDiscoveryEnumeration = true)]
    public async Task Recorders_AllOfThem_AreTriedOnce_AndTheLastOnesWordIsGiven(Exception refusal)
    {
        var choice = new RecorderChoice(new Names("a", "b"));
        var tried = new List<string>();
        var given = await Assert.ThrowsAnyAsync<Exception>(() => choice.CreateAsync(name =>
        {
            tried.Add(name);
            return Task.FromException<string>(tried.Count == 2 ? refusal : new NoRoomException("first"));
        }, default));
        Assert.Same(refusal, given);
        Assert.Equal(["a", "b"], tried.Order());
    }

    [Fact]
    public async Task Refusal_OfTheSessionItself_IsNotTriedElsewhere()
    {
        var choice = new RecorderChoice(new Names("a", "b"));
        var tried = 0;
        await Assert.ThrowsAsync<SessionConflictException>(() => choice.CreateAsync(_ =>
        {
            tried++;
            return Task.FromException<string>(new SessionConflictException("taken"));
        }, default));
        await Assert.ThrowsAsync<CallDeadlineException>(() => choice.CreateAsync(_ =>
        {
            tried++;
            return Task.FromException<string>(new CallDeadlineException("session/x", "CreateAsync", TimeSpan.FromSeconds(30)));
        }, default));
        Assert.Equal(2, tried);
    }

    [Fact]
    public async Task Nobody_IsUnreachable()
    {
        var choice = new RecorderChoice(new Names());
        await Assert.ThrowsAsync<GrainUnreachableException>(() => choice.CreateAsync(Task.FromResult, default));
    }

    private sealed class Names(params string[] names) : IRecorderNames
    {
        public ValueTask<ImmutableArray<string>> NamesAsync(CancellationToken cancellation) => ValueTask.FromResult(names.ToImmutableArray());
    }
}
