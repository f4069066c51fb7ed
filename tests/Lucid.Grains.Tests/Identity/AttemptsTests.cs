using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Tests.Identity;

public sealed class AttemptsTests
{
    private readonly IdentityWorld _world = new();

    [Fact]
    public void Failures_BelowTheMost_LockNobodyOut_AndSuccessForgetsThem() => _world.Run(async () =>
    {
        var attempts = _world.Attempts("account/TAda");
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 4; i++)
                await attempts.FailedAsync();
            await attempts.CheckAsync();
            await attempts.SucceededAsync();
        }
    });

    [Fact]
    public void Failures_AtTheMost_LockOutForAQuarterOfAnHour_AndOnlyThatOne() => _world.Run(async () =>
    {
        var attempts = _world.Attempts("account/TAda");
        for (var i = 0; i < 5; i++)
            await attempts.FailedAsync();
        var locked = await Assert.ThrowsAsync<LockedOutException>(() => attempts.CheckAsync());
        Assert.InRange(locked.RetryAfter, TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
        await _world.Attempts("account/TBob").CheckAsync();
        await _world.RestartAsync();
        attempts = _world.Attempts("account/TAda");
        await _world.DelayAsync(TimeSpan.FromMinutes(14));
        await Assert.ThrowsAsync<LockedOutException>(() => attempts.CheckAsync());
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        await attempts.CheckAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(0, await _world.StoredAsync("attempts", "account/TAda"));
    });

    [Fact]
    public void Failures_WithAPauseInWhichTheGrainLeavesMemory_AreCountedOn() => _world.Run(async () =>
    {
        var attempts = _world.Attempts("account/TAda");
        for (var i = 0; i < 4; i++)
            await attempts.FailedAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(11));
        await attempts.CheckAsync();
        await attempts.FailedAsync();
        await Assert.ThrowsAsync<LockedOutException>(() => attempts.CheckAsync());
    });

    [Fact]
    public void Failures_OfWhichThereAreTwo_WriteNothing_AndWhatMoreOnesWrote_IsDeleted() => _world.Run(async () =>
    {
        var attempts = _world.Attempts("account/TAda");
        await attempts.FailedAsync();
        await attempts.FailedAsync();
        Assert.Equal(0, await _world.StoredAsync("attempts", "account/TAda"));
        await attempts.FailedAsync();
        Assert.NotEqual(0, await _world.StoredAsync("attempts", "account/TAda"));
        await _world.DelayAsync(TimeSpan.FromMinutes(17));
        Assert.Equal(0, await _world.StoredAsync("attempts", "account/TAda"));

        // Of those that are saved each is forgotten by its own time, too.
        for (var i = 0; i < 3; i++)
            await attempts.FailedAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(8));
        await attempts.FailedAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(8));
        for (var i = 0; i < 3; i++)
            await attempts.FailedAsync();
        await attempts.CheckAsync();
        await attempts.FailedAsync();
        await Assert.ThrowsAsync<LockedOutException>(() => attempts.CheckAsync());
    });

    [Fact]
    public void Success_ForgetsFailuresThatWereSaved() => _world.Run(async () =>
    {
        var attempts = _world.Attempts("account/TAda");
        for (var i = 0; i < 4; i++)
            await attempts.FailedAsync();
        await attempts.SucceededAsync();
        Assert.Equal(0, await _world.StoredAsync("attempts", "account/TAda"));
        await attempts.FailedAsync();
        await attempts.CheckAsync();
    });

    [Fact]
    public void Failures_FarApart_AreForgotten() => _world.Run(async () =>
    {
        var attempts = _world.Attempts("address/192.0.2.1");
        for (var i = 0; i < 20; i++)
        {
            await attempts.FailedAsync();
            await _world.DelayAsync(TimeSpan.FromMinutes(16));
        }
        await attempts.CheckAsync();
    });

    [Fact]
    public void Failures_OfWhichFourAreWithinAQuarterOfAnHour_LockNobodyOut_HoweverLongTheyGoOn() => _world.Run(async () =>
    {
        var attempts = _world.Attempts("address/192.0.2.1");
        for (var i = 0; i < 40; i++)
        {
            await attempts.FailedAsync();
            await attempts.CheckAsync();
            await _world.DelayAsync(TimeSpan.FromMinutes(4));
        }
        // The fifth since 14 minutes, and not the one that a longer memory would count from.
        await attempts.FailedAsync();
        await attempts.FailedAsync();
        await Assert.ThrowsAsync<LockedOutException>(() => attempts.CheckAsync());
    });
}
