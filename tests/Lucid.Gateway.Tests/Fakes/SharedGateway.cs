namespace Lucid.Gateway.Tests.Fakes;

/// <summary>One gateway for all tests of a class that leave nothing behind in it: starting one is most of what such a test costs.</summary>
public sealed class SharedGateway : IAsyncLifetime
{
    internal GatewayHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await GatewayHost.StartAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
