using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Tests.Identity;

public sealed class DoorTests
{
    private readonly IdentityWorld _world = new();

    [Fact]
    public void Bootstrap_IsBegunByOne_AndAskedAgainByThatOne_IsStillTheirs() => _world.Run(async () =>
    {
        Assert.True(await _world.Door.BeginBootstrapAsync(IdentityWorld.Secret("one")));
        Assert.True(await _world.Door.BeginBootstrapAsync(IdentityWorld.Secret("one")));
        Assert.False(await _world.Door.BeginBootstrapAsync(IdentityWorld.Secret("two")));
        await Assert.ThrowsAsync<LoginEndedException>(() => _world.Door.BootstrapAsync(IdentityWorld.Secret("two"), IdentityWorld.Ada));
    });

    [Fact]
    public void Bootstrap_ChoosesOne_Once_AndRaisesNobodyASecondTime() => _world.Run(async () =>
    {
        var secret = IdentityWorld.Secret("one");
        await _world.Door.BeginBootstrapAsync(secret);
        var chosen = await _world.Door.BootstrapAsync(secret, IdentityWorld.Ada);
        Assert.Equal((IdentityWorld.Ada, Role.SuperAdmin), (chosen.UserId, chosen.Role));
        // A gateway that had no answer asks again.
        Assert.Equal(chosen, await _world.Door.BootstrapAsync(secret, IdentityWorld.Ada));
        await _world.Door.CheckBootstrapAsync(secret, IdentityWorld.Ada);
        await Assert.ThrowsAsync<LoginEndedException>(() => _world.Door.BootstrapAsync(secret, "TBob"));
        await Assert.ThrowsAsync<LoginEndedException>(() => _world.Door.CheckBootstrapAsync(secret, "TBob"));

        await _world.User().AdmitAsync(IdentityWorld.Super, Role.User);
        Assert.Equal(Role.User, (await _world.Door.BootstrapAsync(secret, IdentityWorld.Ada)).Role);
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        await _world.RestartAsync();
        await Assert.ThrowsAsync<LoginEndedException>(() => _world.Door.CheckBootstrapAsync(secret, IdentityWorld.Ada));
        await Assert.ThrowsAsync<LoginEndedException>(() => _world.Door.BootstrapAsync(secret, IdentityWorld.Ada));
        Assert.Equal(Role.User, (await _world.User().GetAsync(IdentityWorld.Super)).Role);
    });
}
