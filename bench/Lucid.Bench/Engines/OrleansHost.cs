using System.Net;
using Lucid.Engine.Cluster;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Clustering;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Lucid.Bench.Engines;

/// <summary>Orleans in this process: a silo with the benchmark's own grain, or a client of silos that are processes.</summary>
internal sealed class OrleansHost : IAsyncDisposable
{
    private readonly IHost _host;

    private OrleansHost(IHost host) => _host = host;

    public IGrains Grains => _host.Services.GetRequiredService<IGrains>();

    /// <summary>A silo alone in a cluster of its own.</summary>
    /// <param name="database">Of a database with the current schema.</param>
    public static Task<OrleansHost> StartSiloAsync(string database) => StartAsync(host => host.UseOrleans(silo =>
    {
        silo.UseLucidOnPostgres(new ClusterEngineOptions(), database, tls: null, typeof(OrleansHost).Assembly);
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("bench", "bench"));
        silo.ConfigureEndpoints(IPAddress.Loopback, FreePort.OrElse(0), FreePort.OrElse(0));
    }));

    /// <summary>A client as a gateway has it.</summary>
    public static Task<OrleansHost> StartClientAsync(string database) =>
        StartAsync(host => host.AddLucidGateway(new ClusterSeat { Cluster = ClusterProcesses.Cluster, Connection = database, Name = "bench" }));

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static async Task<OrleansHost> StartAsync(Action<IHostApplicationBuilder> add)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(TimeProvider.System);
        add(builder);
        var host = new OrleansHost(builder.Build());
        await host._host.StartAsync();
        return host;
    }
}
