using Lucid.Engine.Contract;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Lucid.Engine.Cluster.Tests;

/// <summary>Only declared types of our own assemblies are ever read from another process, whatever it sends.</summary>
public sealed class WireTests
{
    private readonly Serializer _ours = Serializer(services => LucidCluster.AddWire(services, typeof(HostedSession).Assembly));

    [Fact]
    public void Message_OfAContract_CrossesUnchanged()
    {
        var times = new ChunkTimes(1, 2);
        Assert.Equal(times, _ours.Deserialize<object>(_ours.SerializeToArray<object>(times)));
    }

    [Fact]
    public void Message_OfAnyOtherType_IsRefusedByWhoReceivesIt()
    {
        var careless = Serializer(services => services.AddSerializer(serializer => serializer.AddJsonSerializer(_ => true)));
        foreach (var foreign in new object[] { new Note("of an assembly that hosts nothing here"), new UriBuilder("http://127.0.0.1") })
        {
            var sent = careless.SerializeToArray<object>(foreign);
            Assert.NotNull(careless.Deserialize<object>(sent));
            Assert.ThrowsAny<Exception>(() => _ours.Deserialize<object>(sent));
        }
    }

    private static Serializer Serializer(Action<IServiceCollection> add)
    {
        var services = new ServiceCollection();
        add(services);
        return services.BuildServiceProvider().GetRequiredService<Serializer>();
    }
}
