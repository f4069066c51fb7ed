using Lucid.Gateway.Access;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Tests.Auth;

public sealed class LoginDoorTests
{
    /// <summary>Whoever tries again, as they are told to, must not have shown a token that was exchanged. There is no user's grain to ask in this world.</summary>
    [Fact]
    public async Task Refresh_WithoutAKeyToSignWith_IsRefused_BeforeAnythingIsExchanged()
    {
        await using var world = new TokenWorld();
        var door = new LoginDoor(world, world.TokenIssuer, new AccessOptions(), null!, null!, world.Clock);
        var (_, text) = OpaqueToken.Make(OpaqueToken.Refresh, "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB", Guid.CreateVersion7());
        var refused = await Assert.ThrowsAsync<ApiException>(() => door.RefreshAsync(text, new DefaultHttpContext()));
        Assert.Equal(ErrorTable.PartAway, refused.Kind);
    }
}
