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
}
