using System.Reflection;
using Lucid.Engine.Cluster.Activations;
using Lucid.Engine.Cluster.Calls;
using Lucid.Engine.Cluster.Placement;
using Lucid.Engine.Cluster.Storage;
using Lucid.Engine.Cluster.Streams;
using Lucid.Engine.Cluster.Wire;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Metadata;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;
using Orleans.Storage;
using Orleans.Streams;

namespace Lucid.Engine.Cluster;

/// <summary>Makes an Orleans silo or client one of Lucid's: grains, their state, streams and reminders, and what may cross the wire.</summary>
public static class LucidCluster
{
    private const string Invariant = "Npgsql";

    // What Orleans allows; a call that moved on so often is answered that its grain cannot be reached.
    private const int MostForwards = 255;

    /// <summary>A silo that hosts the plain grains whose hosted classes are in <paramref name="hosted"/>.</summary>
    /// <param name="hosted">Assemblies with hosted classes. Their contracts' assemblies are added by themselves.</param>
    internal static ISiloBuilder UseLucid(this ISiloBuilder silo, ClusterEngineOptions options, Func<IServiceProvider, IClusterStore> store, params Assembly[] hosted)
    {
        var services = silo.Services;
        AddShared(services, options, hosted);
        services.AddSingleton(store);
        services.AddSingleton<ItemStreams>();
        services.AddSingleton<StreamLag>();
        services.AddSingleton<ActivationServices>();
        services.AddScoped<IActivation, ClusterActivation>();
        services.AddScoped(typeof(IActivation<>), typeof(ClusterActivation<>));
        services.AddSingleton<IGrainPropertiesProvider, HandledItems>();
        silo.AddPlacementDirector<NodePlacement, NodePlacementDirector>();
        silo.AddIncomingGrainCallFilter<IncomingCalls>();
        silo.AddOutgoingGrainCallFilter<OutgoingCalls>();
        silo.AddReminders();
        // Nobody subscribes: who hears what is in the classes (HandledItems), so that there is nothing to keep.
        silo.AddMemoryStreams(ItemStreams.Provider, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.ConfigurePullingAgent(agents => agents.Configure(agent => agent.GetQueueMsgsTimerPeriod = options.StreamPoll));
        });
        silo.Configure<ReminderOptions>(reminders => reminders.MinimumReminderPeriod = options.ShortestReminder);
        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.MaxEnqueuedRequestsHardLimit = options.MailboxLimit;
            // Each call that fails drops the activation, and those who wait move on to the next one: in the worst case once for each before them.
            messaging.MaxForwardCount = Math.Min(options.MailboxLimit, MostForwards);
            messaging.ResponseTimeout = messaging.SystemResponseTimeout = Longer(options);
        });
        silo.Configure<ClusterMembershipOptions>(membership => membership.ProbeTimeout = options.ProbeTimeout);
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = options.IdleAfter);
        // The default puts every grain on the silo that is idlest, which while nothing happens is always the same one.
        services.AddSingleton<PlacementStrategy, RandomPlacement>();
        return silo;
    }

    /// <summary>Keeps what this silo's grains keep in PostgreSQL, and finds the other silos there.</summary>
    /// <param name="connection">Of a database with the current schema: `lucid database migrate`.</param>
    /// <param name="tls">Null, said by each caller, only where nothing but loopback reaches this silo.</param>
    public static ISiloBuilder UseLucidOnPostgres(this ISiloBuilder silo, ClusterEngineOptions options, string connection, ClusterTls? tls, params Assembly[] hosted)
    {
        tls?.Use(silo);
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (Invariant, connection));
        return silo.KeepOnPostgres(options, connection, hosted);
    }

    /// <summary>The same for silos that find each other in another way, as those of a test do.</summary>
    internal static ISiloBuilder KeepOnPostgres(this ISiloBuilder silo, ClusterEngineOptions options, string connection, params Assembly[] hosted)
    {
        silo.AddAdoNetGrainStorage(ItemStreams.Provider, storage =>
        {
            (storage.Invariant, storage.ConnectionString) = (Invariant, connection);
            storage.GrainStorageSerializer = new StateJsonSerializer();
        });
        silo.UseAdoNetReminderService(reminders => (reminders.Invariant, reminders.ConnectionString) = (Invariant, connection));
        return silo.UseLucid(options, services => new PostgresClusterStore(
            services.GetRequiredKeyedService<IGrainStorage>(ItemStreams.Provider), NpgsqlDataSource.Create(connection),
            services.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId), hosted);
    }

    /// <summary>A gateway process that finds the silos in PostgreSQL.</summary>
    /// <param name="tls">Null, said by each caller, only where the silos are reached over loopback.</param>
    public static IClientBuilder UseLucidOnPostgres(this IClientBuilder client, ClusterEngineOptions options, string connection, ClusterTls? tls, params Assembly[] hosted)
    {
        tls?.Use(client);
        return client.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (Invariant, connection)).UseLucid(options, hosted);
    }

    /// <summary>A gateway process: it calls the grains of the cluster and hosts none.</summary>
    internal static IClientBuilder UseLucid(this IClientBuilder client, ClusterEngineOptions options, params Assembly[] hosted)
    {
        AddShared(client.Services, options, hosted);
        client.AddOutgoingGrainCallFilter<OutgoingCalls>();
        client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = options.AskAgain);
        return client;
    }

    private static void AddShared(IServiceCollection services, ClusterEngineOptions options, Assembly[] hosted)
    {
        services.AddSingleton(options);
        services.AddSingleton(provider => new HostedContracts(provider.GetRequiredService<GrainInterfaceTypeResolver>(), hosted));
        services.AddSingleton<IGrains, ClusterGrains>();
        AddWire(services, hosted);
    }

    /// <summary>What may cross between processes: types of the contracts' assemblies as JSON, our exceptions, and what Orleans itself sends.</summary>
    internal static void AddWire(IServiceCollection services, params Assembly[] hosted)
    {
        var types = new ContractTypes(hosted.Append(typeof(IGrain).Assembly).Append(typeof(Evidence.Hash256).Assembly));
        services.AddSerializer(serializer => serializer.AddJsonSerializer(types.IsSupportedType, GrainJson.Options));
        services.AddSingleton<ITypeFilter>(types);
        services.Insert(0, ServiceDescriptor.Singleton<IGeneralizedCopier>(types));
        services.Configure<ExceptionSerializationOptions>(exceptions =>
        {
            exceptions.SupportedNamespacePrefixes.Add("Lucid");
            // What a GrainStoreException was caused by.
            exceptions.SupportedNamespacePrefixes.Add("Npgsql");
        });
    }

    /// <summary>Orleans' own time-out comes after ours, which says what was called and is measured on the clock that tests may turn.</summary>
    private static TimeSpan Longer(ClusterEngineOptions options) => options.Deadline + TimeSpan.FromSeconds(5);
}
