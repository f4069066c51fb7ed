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
}
