using Lucid.GrainInterfaces.Identity;
using Lucid.Grains.Identity;

namespace Lucid.Grains.Tests.Identity;

public sealed class IdempotencyTests
{
    private const string Key = "0123";
    private static readonly IdempotentAnswer _answer = new(201, "application/json", "/there", [1, 2, 3]);
    private readonly IdentityWorld _world = new();
    private int _made;

    [Fact]
    public void Answered_TheSameIsToldAgain_AfterARestart_AndForgottenAfterADay() => _world.Run(async () =>
    {
        var first = Attempt("a");
        Assert.Equal(new IdempotentStart(first.Proposal), await Grain.BeginAsync(first));
        // Called again, since its answer was lost: the same attempt.
        Assert.Equal(new IdempotentStart(first.Proposal), await Grain.BeginAsync(first));
        await Grain.AnsweredAsync(first.Attempt, _answer);
        await _world.RestartAsync();
        await _world.DelayAsync(IdempotencyGrain.Kept - TimeSpan.FromMinutes(1));
        var again = await Grain.BeginAsync(Attempt("a"));
        Assert.Equal((first.Proposal, _answer.Status, _answer.Location, _answer.ContentType), (again.Id, again.Answer!.Status, again.Answer.Location, again.Answer.ContentType));
        Assert.Equal(_answer.Body, again.Answer.Body);
        await Assert.ThrowsAsync<IdempotencyKeyReusedException>(() => Grain.BeginAsync(Attempt("b")));
        await _world.DelayAsync(TimeSpan.FromMinutes(4));
        Assert.Equal(0, await _world.StoredAsync("idempotency", Key));
        var other = Attempt("b");
        Assert.Equal(new IdempotentStart(other.Proposal), await Grain.BeginAsync(other));
    });

    [Fact]
    public void UnderWay_AnotherWaits_UntilItCountsAsCutOff_AndThenMakesTheSameThing() => _world.Run(async () =>
    {
        var (first, second) = (Attempt("a"), Attempt("a"));
        await Grain.BeginAsync(first);
        await Assert.ThrowsAsync<RequestUnderWayException>(() => Grain.BeginAsync(second));
        await _world.DelayAsync(IdempotencyGrain.AttemptLimit);
        Assert.Equal(new IdempotentStart(first.Proposal, IsRepeated: true), await Grain.BeginAsync(second));
        // The one that was given up answers after all, and is not heard.
        await Grain.AnsweredAsync(first.Attempt, _answer);
        await Assert.ThrowsAsync<RequestUnderWayException>(() => Grain.BeginAsync(Attempt("a")));
        // Refused this time; the first may have made it all the same, so its id stays.
        await Grain.FailedAsync(second.Attempt, mayHaveHappened: false);
        Assert.Equal(first.Proposal, (await Grain.BeginAsync(Attempt("a"))).Id);
    });

    [Fact]
    public void Failed_WithoutHavingDoneAnything_FreesTheKey() => _world.Run(async () =>
    {
        var first = Attempt("a");
        await Grain.BeginAsync(first);
        await Grain.FailedAsync(first.Attempt, mayHaveHappened: false);
        Assert.Equal(0, await _world.StoredAsync("idempotency", Key));
        var other = Attempt("b");
        Assert.Equal(new IdempotentStart(other.Proposal), await Grain.BeginAsync(other));
    });

    [Fact]
    public void Failed_AndPerhapsDone_KeepsRequestAndId() => _world.Run(async () =>
    {
        var first = Attempt("a");
        await Grain.BeginAsync(first);
        await Grain.FailedAsync(first.Attempt, mayHaveHappened: true);
        await Assert.ThrowsAsync<IdempotencyKeyReusedException>(() => Grain.BeginAsync(Attempt("b")));
        Assert.Equal(new IdempotentStart(first.Proposal, IsRepeated: true), await Grain.BeginAsync(Attempt("a")));
    });

    [Fact]
    public void Answer_OfTheLargestSizeThatIsPromised_IsKept() => _world.Run(async () =>
    {
        var first = Attempt("a");
        await Grain.BeginAsync(first);
        await Grain.AnsweredAsync(first.Attempt, _answer with { Body = new byte[40 * 1024] });
        Assert.Equal(40 * 1024, (await Grain.BeginAsync(Attempt("a"))).Answer!.Body.Length);
    });

    private IIdempotencyGrain Grain => _world.Idempotency(Key);

    private IdempotentRequest Attempt(string request)
    {
        _made++;
        return new IdempotentRequest(IdentityWorld.Secret(request), new Guid(_made, 0, 0, new byte[8]), new Guid(0, (short)_made, 0, new byte[8]));
    }
}
