using Lucid.Grains.Sessions;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Engine.Cluster.Tests;

public sealed class HostedGrainsTests(ContractCluster cluster) : IClassFixture<ContractCluster>
{
    [Fact]
    public void EveryGrain_IsHosted_AndNothingElse()
    {
        var plain = typeof(SessionGrain).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(IGrain))).Select(type => type.Name);
        var hosted = typeof(HostedSession).Assembly.GetTypes()
            .Where(type => type.IsClass && type.GetCustomAttributesData().Any(attribute => attribute.AttributeType.Name == "GrainTypeAttribute"))
            .Select(type => type.BaseType!.Name);
        Assert.Equal(plain.Order(), hosted.Order());
    }

    [Fact]
    public void HostedClasses_KeepTheRules()
    {
        var interfaces = cluster.Cluster.Orleans.Client.ServiceProvider.GetRequiredService<Orleans.Metadata.GrainInterfaceTypeResolver>();
        var contracts = new HostedContracts(interfaces, [typeof(HostedSession).Assembly]);
        Assert.Contains(typeof(GrainInterfaces.Sessions.ISessionGrain), contracts.All.Select(one => one.Contract));
    }
}
