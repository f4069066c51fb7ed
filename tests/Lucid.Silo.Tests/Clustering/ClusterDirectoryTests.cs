using Lucid.Silo.Clustering;
using Lucid.Silo.Hosting;
using Lucid.Silo.Tests.Ledger;
using Lucid.Silo.Tests.Node;
using Microsoft.AspNetCore.Builder;

namespace Lucid.Silo.Tests.Clustering;

/// <summary>Which data directories nodes, silos and gateways start on.</summary>
public sealed class ClusterDirectoryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Node_OnTheDirectoryOfASilo_IsRefused_AndMakesNothingOfIt()
    {
        File.WriteAllBytes(_folder.Data.Network, new SampleChain().Genesis.Encode());
        var refused = Assert.Throws<InvalidDataException>(() => NodeHost.Build(new NodeOptions { Data = _folder.Data.Root, Urls = "http://127.0.0.1:0" }));
        Assert.Contains("belongs to a silo or gateway of a cluster", refused.Message, StringComparison.Ordinal);
        Assert.Equal([_folder.Data.Lock, _folder.Data.Network], Directory.EnumerateFileSystemEntries(_folder.Data.Root).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(NodeRole.Silo)]
    [InlineData(NodeRole.Gateway)]
    public async Task Cluster_OnTheDirectoryOfANode_IsRefused_BeforeTheDatabaseIsLookedAt(NodeRole role)
    {
        Assert.SkipUnless(ClusterEngine.IsHere, "this build has no cluster engine, and says so first");
        await (await TestNode.StartAsync(_folder)).DisposeAsync();
        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => BuildAsync(role));
        Assert.Contains("belongs to a node that runs alone", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.Data.Network));
    }

    [Theory]
    [InlineData(NodeRole.Silo)]
    [InlineData(NodeRole.Gateway)]
    public async Task Build_WithoutTheEngine_SaysSo_BeforeAnythingIsTouched(NodeRole role)
    {
        Assert.SkipWhen(ClusterEngine.IsHere, "this build has the cluster engine");
        Directory.Delete(_folder.Data.Root);
        try
        {
            var missing = await Assert.ThrowsAsync<EngineMissingException>(() => BuildAsync(role));
            Assert.Contains("-p:LucidOrleans=true", missing.Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(_folder.Data.Root));
        }
        finally
        {
            Directory.CreateDirectory(_folder.Data.Root);
        }
    }

    private Task<WebApplication> BuildAsync(NodeRole role)
    {
        var options = new NodeOptions
        {
            Engine = EngineKind.Orleans,
            Role = role,
            Name = "silo-1",
            Data = _folder.Data.Root,
            Cluster = new() { Database = "Host=/nowhere/at/all;Database=lucid;Username=lucid", SiloPort = 0, GatewayPort = 0 },
        };
        return role == NodeRole.Silo ? SiloHost.BuildAsync(options) : GatewayHost.BuildAsync(options);
    }
}
