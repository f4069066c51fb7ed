using Lucid.Silo.Tests.Certificates;

namespace Lucid.Engine.Cluster.Tests.Processes;

/// <summary>A cluster whose silos and gateway show each other certificates, as they have to beyond loopback.</summary>
[Collection(ProcessTests.Name)]
public sealed class SecureClusterTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Recorder_Killed_SessionsGoOnOverMutualTls()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var authority = new TestAuthority(TimeProvider.System.GetUtcNow());
        await using var cluster = await ProcessCluster.StartAsync(2, cancellation, authority);
        await using var recordings = await Recordings.StartAsync(cluster.Gateways, 4, cancellation);
        await cluster.Silos[^1].KillAsync();
        await recordings.GoOnAsync(cancellation);
        await cluster.BecomeWholeAsync(cancellation);
        await recordings.FinishAsync(cluster.Trust, cancellation);
        output.WriteLine($"{recordings.Receipts} receipts are honoured.");
    }
}
