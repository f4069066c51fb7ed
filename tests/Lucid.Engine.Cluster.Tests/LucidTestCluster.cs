using System.Reflection;
using Lucid.Engine.Cluster.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Reminders;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace Lucid.Engine.Cluster.Tests;

/// <summary>
/// A cluster of silos in this process, with what they have to keep in memory and time that passes only when told. What it keeps outlives
/// the silos, so that a cluster can be ended and started again.
/// </summary>
internal sealed class LucidTestCluster(ClusterEngineOptions options, params Assembly[] hosted) : IAsyncDisposable
{
    private readonly MemoryReminderTable _reminders = new();
    private InProcessTestCluster? _cluster;

    /// <summary>Where states and journals are, unless there is a database.</summary>
    public IClusterStore Store { get; } = new MemoryClusterStore();

    /// <summary>A PostgreSQL database with the current schema, for states, journals and reminders; all in memory without it.</summary>
    public string? Database { get; set; }

    public VirtualClock Clock { get; } = new();

    /// <summary>How a gateway sees the cluster.</summary>
    public IGrains Grains => _cluster!.Client.ServiceProvider.GetRequiredService<IGrains>();

    public InProcessTestCluster Orleans => _cluster!;

    public async Task StartAsync(short silos = 3)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        // Rows carry the service's name: a cluster that starts again is the same one.
        builder.Options.ServiceId = "lucid-test";
        builder.ConfigureSilo((_, silo) =>
        {
            if (Database is { } database)
                silo.KeepOnPostgres(options, database, hosted);
            else
                silo.UseLucid(options, _ => Store, hosted).Services.AddSingleton<IReminderTable>(_reminders);
            Turn(silo.Services);
        });
        builder.ConfigureClient(client =>
        {
            client.UseLucid(options, hosted);
            Turn(client.Services);
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    /// <param name="kill">Without letting anything end.</param>
    public async Task EndAsync(bool kill)
    {
        if (_cluster is not { } cluster)
            return;
        _cluster = null;
        if (kill)
        {
            foreach (var silo in cluster.GetActiveSilos().ToList())
                await cluster.KillSiloAsync(silo);
        }
        await cluster.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await EndAsync(kill: true);

    private void Turn(IServiceCollection services)
    {
        services.AddKeyedSingleton<TimeProvider>(TimeProviderNames.Grains, Clock);
        services.AddKeyedSingleton<TimeProvider>(ReminderTimeProviderNames.Reminders, Clock);
    }
}
