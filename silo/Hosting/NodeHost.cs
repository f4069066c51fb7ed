using System.Reflection;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Gateway;
using Lucid.Gateway.Health;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Chain;
using Lucid.Grains.Chain.Ports;
using Lucid.Grains.Recording;
using Lucid.Grains.Sessions;
using Lucid.Silo.Ledger;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;
using Microsoft.AspNetCore.Connections;

namespace Lucid.Silo.Hosting;

/// <summary>Puts a node together: engine, grains, recorder, ledger and gateway in one process on one data directory.</summary>
public static class NodeHost
{
    /// <summary>Long enough for the engine's own drain and the requests before it. Whoever kills what does not stop has to wait longer.</summary>
    internal static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(30);

    /// <summary>Takes the data directory and builds the node; <see cref="WebApplication.RunAsync"/> runs it.</summary>
    /// <param name="clock">The system's in production; tests may bring their own.</param>
    /// <param name="announce">Told, line by line, what whoever started the node should know once it is up.</param>
    /// <param name="around">What stands between the engine and its store: none in production, a slow or failing disk in tests.</param>
    /// <exception cref="DataFolderInUseException">Another node has the directory.</exception>
    /// <exception cref="EngineMissingException">This build lacks the engine that is asked for; nothing was touched.</exception>
    public static WebApplication Build(
        NodeOptions options, TimeProvider? clock = null, Action<string>? announce = null, Func<IGrainStore, IGrainStore>? around = null)
    {
        EngineChoice.Check(options);
        var folder = new DataFolder(options.Data);
        Prepare(folder);
        // Before anything in the directory is opened: two nodes on one directory would both believe that they are its owner.
        var held = NodeLock.Take(folder);
        clock ??= TimeProvider.System;
        var files = LedgerFiles.Open(
            folder, new GenesisRequest { Network = options.Network, Validator = options.Name, BlockIntervalMs = options.BlockInterval }, clock,
            LoggerFactory.Create(Log).CreateLogger<LedgerFiles>());
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Lucid.Silo" });
        builder.WebHost.UseKestrelCore().UseUrls(options.Urls.Split(';'));
        Log(builder.Logging);
        builder.Services.AddOptions();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopsWithin);

        var services = builder.Services;
        services.AddSingleton(clock);
        services.AddSingleton<IMemoryPoolFactory<byte>, WideBlockPool>();
        services.AddSingleton(options);
        services.AddSingleton(folder);
        services.AddSingleton(_ => held);
        AddLedger(services, files);
        AddRecorder(services, options);
        AddEngine(services, options, folder, around);
        services.AddLucidGateway(new GatewayOptions
        {
            Token = NodeFile.ReadOrMakeToken(folder),
            Node = files.Self.Name,
            BlockInterval = TimeSpan.FromMilliseconds(files.Genesis.Parameters.BlockIntervalMs),
        });
        services.AddHostedService<NodeStart>();
        services.AddSingleton<IHealthProbe, DiskProbe>();
        services.AddSingleton<IHealthProbe, LedgerProbe>();
        services.AddSingleton<IHealthProbe, StoreProbe>();
        if (options.UntilIdle)
            services.AddSingleton<IdleStop>().AddHostedService(provider => provider.GetRequiredService<IdleStop>());

        services.AddSingleton(new NodeAnnouncement(announce ?? (_ => { })));
        var app = builder.Build();
        // What the container made first it closes last: the ledger after everything that uses it, and the lock after everything.
        app.Services.GetRequiredService<NodeLock>();
        app.Services.GetRequiredService<LedgerFiles>();
        if (options.UntilIdle)
            app.Use(next => context => app.Services.GetRequiredService<IdleStop>().NoticeAsync(context, next));
        app.MapLucidGateway();
        return app;
    }

    private static void AddLedger(IServiceCollection services, LedgerFiles files)
    {
        // Through factories, so that the container closes them with everything else.
        services.AddSingleton(_ => files);
        services.AddSingleton(new NodeIdentity(files.Self.Name, files.Keys.Identity, files.Genesis.Network, $"lucid {ProductVersion}", Ledger: files.Self.Name));
        services.AddSingleton<ICpuPool, CpuPool>();
        services.AddSingleton(_ => new EntryPool());
        services.AddSingleton(provider => new LedgerNode(
            files.Genesis, files.Keys, files.Blocks, files.Candidates, files.Votes, files.Log, files.Checkpoints, files.Index,
            provider.GetRequiredService<EntryPool>(), provider.GetRequiredService<ICpuPool>()));
        services.AddSingleton<ILogReader, LogReader>();
    }

    private static void Log(ILoggingBuilder logging) => logging
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.UseUtcTimestamp = true;
        })
        .SetMinimumLevel(LogLevel.Warning)
        .AddFilter("Lucid", LogLevel.Information)
        // A start that fails is said by whoever started it, once: in a sentence where a person can mend it, with its stack where not.
        .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);

    private static string ProductVersion =>
        typeof(NodeHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static void Prepare(DataFolder folder)
    {
        try
        {
            DurableFile.CreateDirectory(folder.Root);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(folder.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            // As much as the smallest of the files that a start writes: better said here than by the first of them.
            var probe = Path.Combine(folder.Root, $"probe{DurableFile.UnfinishedSuffix}");
            DurableFile.Write(probe, new byte[4096]);
            DurableFile.Delete(probe);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"{folder.Root} cannot be written to ({refused.Message}). A node needs it writable, with room on its disk: mend that, or give another directory with --data DIR. Nothing was changed.", refused);
        }
        // The store is the truth about what was counted: a new one beside old recordings would silently forget all of them.
        var keys = Path.Combine(folder.Keys, "sessions");
        if (!File.Exists(folder.GrainStore) && Directory.Exists(keys) && Directory.EnumerateFiles(keys, "*.key", SearchOption.AllDirectories).Any())
            throw new InvalidDataException($"{folder.GrainStore} is missing although sessions have keys in {keys}; restore it from a backup");
    }

    private static void AddRecorder(IServiceCollection services, NodeOptions options)
    {
        services.AddSingleton(options.Recording);
        services.AddSingleton(provider => KeyRing.Open(provider.GetRequiredService<DataFolder>()));
        services.AddSingleton<ChunkStore>();
        services.AddSingleton<ChunkReader>();
        services.AddSingleton(provider => new ChunkBuffers(options.Recording.MemoryBudget / 2, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new MemoryBudget(options.Recording.MemoryBudget, options.Recording.MaxWait, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ChunkSealer(options.Recording, provider.GetRequiredService<ChunkBuffers>(), new ThreadClock()));
        services.AddSingleton<FreeSpace>();
        services.AddSingleton<NodeLife>();
        services.AddSingleton<PipelineCounts>();
        services.AddSingleton<IRecorder, Recorder>();
        services.AddSingleton<ErasedChunks>().AddHostedService(provider => provider.GetRequiredService<ErasedChunks>());
        services.AddSingleton<IRecorderVault, RecorderVault>();
        services.AddSingleton<IPeers, NoPeers>();
        services.AddSingleton<IKeyKeeper, KeyKeeper>();
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<ISessionDirectory>(provider => provider.GetRequiredService<SessionDirectory>());
    }

    private static void AddEngine(IServiceCollection services, NodeOptions options, DataFolder folder, Func<IGrainStore, IGrainStore>? around)
    {
        services.AddSingleton(options.Sessions);
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
            .Host<ILogGrain, LogGrain>("log"));
        services.AddSingleton<IGrains>(provider => provider.GetRequiredService<EmbeddedEngine>());
    }
}
