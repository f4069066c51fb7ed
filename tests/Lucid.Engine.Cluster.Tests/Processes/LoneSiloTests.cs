using System.Diagnostics;

namespace Lucid.Engine.Cluster.Tests.Processes;

/// <summary>A cluster of one silo: nobody is heir to its sessions, and nobody has to be.</summary>
[Collection(ProcessTests.Name)]
public sealed class LoneSiloTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Silo_Alone_Records()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var cluster = await ProcessCluster.StartAsync(1, cancellation);
        await using var recordings = await Recordings.StartAsync(cluster.Gateways, 2, cancellation);
        await recordings.FinishAsync(cluster.Trust, cancellation);
        output.WriteLine($"{recordings.Receipts} receipts are honoured.");
    }

    [Fact]
    public async Task Gateways_SignWithKeysOfTheirOwn_WhichAllOfThemKnow()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var cluster = await ProcessCluster.StartAsync(1, cancellation);
        await cluster.AddGatewayAsync(cancellation);
        var request = new GatewayRequest(HttpMethod.Get, "/.well-known/jwks.json");
        foreach (var gateway in cluster.Gateways)
        {
            var keys = 0;
            for (var asked = Stopwatch.StartNew(); keys < cluster.Gateways.Count; await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellation))
            {
                Assert.True(asked.Elapsed < TimeSpan.FromSeconds(60), $"A gateway knows {keys} keys of {cluster.Gateways.Count} gateways.\n{cluster.Said}");
                keys = (await gateway.SendAsync(request, cancellation)).Json.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()).Distinct(StringComparer.Ordinal).Count();
            }
            Assert.Equal(cluster.Gateways.Count, keys);
        }
    }
}
