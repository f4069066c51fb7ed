using Lucid.Engine.Cluster.Placement;
using Orleans;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster.Tests;

/// <summary>Says where it runs.</summary>
public interface INodeNameGrain : IGrain
{
    Task<string> WhereAsync();
}

public class NodeNameGrain(ILocalSiloDetails silo) : INodeNameGrain
{
    public Task<string> WhereAsync() => Task.FromResult(silo.Name);
}

public interface IHostedNodeName : INodeNameGrain, IGrainWithStringKey;

[GrainType("node-name"), OnItsNode] public sealed class HostedNodeName(ILocalSiloDetails silo) : NodeNameGrain(silo), IHostedNodeName;
