using System.Diagnostics;
using System.Globalization;
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
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly MemoryReminderTable _reminders = new();
    private InProcessTestCluster? _cluster;

    /// <summary>Where states and journals are, unless there is a database.</summary>
    public IClusterStore Store { get; } = new MemoryClusterStore();

    /// <summary>A PostgreSQL database with the current schema, for states, journals and reminders; all in memory without it.</summary>
    public string? Database { get; set; }

    /// <summary>What the grains take in their constructors, added on each silo.</summary>
    public Action<IServiceCollection> Services { get; init; } = static _ => { };

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
        builder.ConfigureSilo((place, silo) =>
        {
            place.SiloName = NameOf(place);
            Services(silo.Services);
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
        await AgreeAsync();
    }

    /// <summary>Ends one silo without letting anything end; returns once the others have noticed.</summary>
    public async Task KillAsync(InProcessSiloHandle silo)
    {
        await Orleans.KillSiloAsync(silo);
        await AgreeAsync();
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

    /// <summary>What Orleans calls Silo_0 is node-1.</summary>
    private static string NameOf(InProcessTestSiloSpecificOptions place) =>
        $"node-{int.Parse(place.SiloName.Split('_')[1], CultureInfo.InvariantCulture) + 1}";

    /// <summary>Until each silo knows the others, and no more of those that are gone: they learn it from each other, in real time.</summary>
    private async Task AgreeAsync()
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            var silos = Orleans.GetActiveSilos().ToList();
            var known = silos.Select(silo => silo.ServiceProvider.GetRequiredService<ISiloStatusOracle>().GetApproximateSiloStatuses(onlyActive: true).Count).ToList();
            if (known.All(count => count == silos.Count))
                return;
            if (waited.Elapsed > _patience)
                Assert.Fail($"Waited {_patience.TotalSeconds} s for {silos.Count} silos to know each other; they know {string.Join(", ", known)}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private void Turn(IServiceCollection services)
    {
        services.AddKeyedSingleton<TimeProvider>(TimeProviderNames.Grains, Clock);
        services.AddKeyedSingleton<TimeProvider>(ReminderTimeProviderNames.Reminders, Clock);
    }
}
