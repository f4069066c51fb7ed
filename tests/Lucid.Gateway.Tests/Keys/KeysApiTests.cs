using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.Keys;

public sealed class KeysApiTests
{
    [Fact]
    public async Task Keys_RotateAndRecovery_AnswerTheRing_AndAreNotForStrangers()
    {
        await using var host = await GatewayHost.StartAsync();
        var rotation = await GatewayHost.JsonOf(await host.Client.PostAsync("/api/v1/keys/rotate", null), 200);
        Assert.Equal((3, "recorder-2"), (rotation.GetProperty("sessions").GetInt32(), rotation.GetProperty("current").GetString()));
        using var recovery = await host.Client.GetAsync("/api/v1/keys/recovery");
        Assert.StartsWith("lucid.recovery-key/1\n", await recovery.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(recovery.Headers.CacheControl!.NoStore);
        using var stranger = await host.Anyone.GetAsync("/api/v1/keys/recovery");
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, stranger.StatusCode);
    }
}
