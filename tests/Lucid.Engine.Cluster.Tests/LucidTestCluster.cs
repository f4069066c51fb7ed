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

    public IClusterStore Store { get; init; } = new MemoryClusterStore();
    public VirtualClock Clock { get; } = new();

    /// <summary>How a gateway sees the cluster.</summary>
    public IGrains Grains => _cluster!.Client.ServiceProvider.GetRequiredService<IGrains>();

    public InProcessTestCluster Orleans => _cluster!;

    public async Task StartAsync(short silos = 3)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.UseLucid(options, Store, hosted);
            silo.Services.AddSingleton<IReminderTable>(_reminders);
            Turn(silo.Services);
        });
        builder.ConfigureClient(client =>
        {
            client.UseLucid(options, hosted);
            Turn(client.Services);
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        // Silos that have not all heard of each other may both believe that a reminder is theirs, and ring it twice.
        await _cluster.WaitForLivenessToStabilizeAsync();
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
