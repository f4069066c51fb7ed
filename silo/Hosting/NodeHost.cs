using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Gateway;
using Lucid.Gateway.Health;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Limits;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Audit;
using Lucid.Grains.Chain;
using Lucid.Grains.Identity;
using Lucid.Grains.Limits;
using Lucid.Grains.Policies;
using Lucid.Grains.Recording;
using Lucid.Grains.Sessions;
using Lucid.Silo.Access;
using Lucid.Silo.Ledger;
using Lucid.Silo.Mail;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Hosting;

/// <summary>Puts a node together: engine, grains, recorder, ledger and gateway in one process on one data directory.</summary>
public static class NodeHost
{
    /// <summary>Takes the data directory and builds the node; <see cref="WebApplication.RunAsync"/> runs it.</summary>
    /// <param name="clock">The system's in production; tests may bring their own.</param>
    /// <param name="announce">Told, line by line, what whoever started the node should know once it is up.</param>
    /// <param name="around">What stands between the engine and its store: none in production, a slow or failing disk in tests.</param>
    /// <exception cref="DataFolderInUseException">Another node has the directory.</exception>
    public static WebApplication Build(
        NodeOptions options, TimeProvider? clock = null, Action<string>? announce = null, Func<IGrainStore, IGrainStore>? around = null)
    {
        var folder = new DataFolder(options.Data);
        var held = HostParts.Take(folder);
        RefuseCluster(folder);
        RequireStore(folder);
        clock ??= TimeProvider.System;
        var tokens = TokenKeys.Open(folder);
        var files = HostParts.OpenLedger(options, folder, clock);
        var builder = HostParts.Begin(options, options.Urls, folder, held, clock, announce);
        HostParts.ServeTls(builder, options.Access, clock);
        var services = builder.Services;
        HostParts.AddLedger(services, files);
        HostParts.AddRecorder(services, options);
        services.AddSingleton<IPeers, NoPeers>();
        services.AddSingleton<DirectoryFile>();
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<ISessionDirectory>(provider => provider.GetRequiredService<SessionDirectory>());
        HostParts.AddUsersAndPolicies(services, options, files.Genesis.Network);
        services.AddSingleton<UserDirectory>();
        services.AddSingleton<IUserDirectory>(provider => provider.GetRequiredService<UserDirectory>());
        services.AddSingleton<UserRelisting>();
        AddEngine(services, options, folder, around);
        HostParts.AddTokenKeys(services, tokens);
        services.AddMail(options.Mail, clock);
        services.AddLucidGateway(new GatewayOptions
        {
            Token = NodeFile.ReadOrMakeToken(folder),
            Node = files.Self.Name,
            Issuer = HostParts.IssuerOf(files.Genesis.Network),
            Tokens = options.Tokens,
            Access = options.Access,
            Limits = options.Limits,
            BlockInterval = TimeSpan.FromMilliseconds(files.Genesis.Parameters.BlockIntervalMs),
        });
        services.AddHostedService<NodeStart>();
        services.AddSingleton<IHealthProbe, DiskProbe>();
        services.AddSingleton<IHealthProbe, LedgerProbe>();
        services.AddSingleton<IHealthProbe, AuditProbe>();
        services.AddSingleton<IHealthProbe, StoreProbe>();
        if (options.UntilIdle)
            services.AddSingleton<IdleStop>().AddHostedService(provider => provider.GetRequiredService<IdleStop>());

        var app = builder.Build();
        // What the container made first it closes last: the ledger after everything that uses it, and the lock after everything.
        app.Services.GetRequiredService<NodeLock>();
        app.Services.GetRequiredService<LedgerFiles>();
        if (options.UntilIdle)
            app.Use(next => context => app.Services.GetRequiredService<IdleStop>().NoticeAsync(context, next));
        app.MapLucidGateway();
        return app;
    }

    private static void RefuseCluster(DataFolder folder)
    {
        if (File.Exists(folder.Network))
            throw new InvalidDataException($"{folder.Root} belongs to a silo or gateway of a cluster. Start that (docs/cluster.md says how), or give a node that runs alone another directory with --data DIR.");
    }

    /// <summary>The store is the truth about what was counted: a new one beside old recordings would silently forget all of them.</summary>
    private static void RequireStore(DataFolder folder)
    {
        var keys = Path.Combine(folder.Keys, "sessions");
        if (!File.Exists(folder.GrainStore) && Directory.Exists(keys) && Directory.EnumerateFiles(keys, "*.key", SearchOption.AllDirectories).Any())
            throw new InvalidDataException($"{folder.GrainStore} is missing although sessions have keys in {keys}; restore it from a backup");
    }

    private static void AddEngine(IServiceCollection services, NodeOptions options, DataFolder folder, Func<IGrainStore, IGrainStore>? around)
    {
        // As an instance, which the container leaves alone: the engine opens and closes its store.
        var store = new SqliteGrainStore(folder.GrainStore);
        services.AddSingleton(store);
        services.AddSingleton(provider =>
            new EmbeddedEngine(
                around?.Invoke(store) ?? store, options.Embedded, provider, EngineRuntime.ThreadPool(provider.GetRequiredService<TimeProvider>()),
                provider.GetRequiredService<ILogger<EmbeddedEngine>>())
            .Host<ISessionGrain, SessionGrain>("session")
            .Host<IChunkGrain, ChunkGrain>("chunk")
            .Host<IRecorderGrain, RecorderGrain>("recorder")
            .Host<IChainGrain, ChainGrain>("chain")
            .Host<ILogGrain, LogGrain>("log")
            .Host<IIssuerGrain, IssuerGrain>("issuer")
            .Host<IUserGrain, UserGrain>("user")
            .Host<IAttemptsGrain, AttemptsGrain>("attempts")
            .Host<IDoorGrain, DoorGrain>("door")
            .Host<IIdempotencyGrain, IdempotencyGrain>("idempotency")
            .Host<ITrustPolicyGrain, TrustPolicyGrain>("trust-policy")
            .Host<IPolicyIndexGrain, PolicyIndexGrain>("policy-index")
            .Host<IQuotaGrain, QuotaGrain>("quota")
            .Host<IAuditGrain, AuditGrain>("audit"));
        services.AddSingleton<IGrains>(provider => provider.GetRequiredService<EmbeddedEngine>());
    }
}
