using System.Reflection;
using Lucid.Evidence;
using Lucid.Gateway.Access;
using Lucid.Gateway.Access.Tokens;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Recording;
using Lucid.Grains;
using Lucid.Grains.Chain;
using Lucid.Grains.Identity;
using Lucid.Grains.Policies;
using Lucid.Grains.Recording;
using Lucid.Silo.Access;
using Lucid.Silo.Certificates;
using Lucid.Silo.Ledger;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Lucid.Silo.Hosting;

/// <summary>What nodes, silos and gateways are put together from.</summary>
internal static class HostParts
{
    /// <summary>Long enough for the engine's own drain and the requests before it. Whoever kills what does not stop has to wait longer.</summary>
    public static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(30);

    /// <summary>What manifests say that recorded them.</summary>
    public static string Software { get; } =
        $"lucid {typeof(HostParts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]}";

    /// <summary>A web server with nothing on it yet.</summary>
    public static WebApplicationBuilder Begin(NodeOptions options, string urls, DataFolder folder, NodeLock held, TimeProvider clock, Action<string>? announce)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Lucid.Silo" });
        builder.WebHost.UseKestrelCore().UseUrls(urls.Split(';'));
        Log(builder.Logging);
        var services = builder.Services;
        services.AddOptions();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = StopsWithin);
        services.AddSingleton(clock);
        services.AddSingleton<IMemoryPoolFactory<byte>, WideBlockPool>();
        services.AddSingleton(options);
        services.AddSingleton(folder);
        services.AddSingleton(_ => held);
        services.AddSingleton(new NodeAnnouncement(announce ?? (_ => { })));
        services.AddSingleton<NodeSign>();
        return builder;
    }

    public static void Log(ILoggingBuilder logging) => logging
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.UseUtcTimestamp = true;
        })
        .SetMinimumLevel(LogLevel.Warning)
        .AddFilter("Lucid", LogLevel.Information)
        // One line for each connection or frame of whoever sends too many is a way to fill a disk. The metrics count them.
        .AddFilter("Microsoft.AspNetCore.Server.Kestrel.Connections", LogLevel.Error)
        .AddFilter("Microsoft.AspNetCore.Server.Kestrel.Http2", LogLevel.None)
        // What it warns of on a silo that comes or goes is said by us where it matters.
        .AddFilter("Orleans", LogLevel.Error)
        .AddFilter("Orleans.Messaging", LogLevel.Critical)
        .AddFilter("Orleans.Streams", LogLevel.Critical)
        .AddFilter("Orleans.Runtime.ReminderService", LogLevel.Critical)
        // Its memory streams, which name themselves so, log each item for a silo that is gone: a session finds out for itself what it was not told.
        .AddFilter("Orleans.Providers", LogLevel.Critical)
        .AddFilter("Microsoft.Extensions.Logging.ILogger", LogLevel.Critical)
        // A start that fails is said by whoever started it, once: in a sentence where a person can mend it, with its stack where not.
        .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);

    /// <summary>Makes the data directory and takes it, before anything in it is opened: two on one directory would both believe that they are its owner.</summary>
    /// <exception cref="InvalidDataException">It cannot be written to.</exception>
    /// <exception cref="DataFolderInUseException">Another process has it.</exception>
    public static NodeLock Take(DataFolder folder)
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
        return NodeLock.Take(folder);
    }

    public static LedgerFiles OpenLedger(NodeOptions options, DataFolder folder, TimeProvider clock) => LedgerFiles.Open(
        folder, new GenesisRequest { Network = options.Network, Validator = options.Name, BlockIntervalMs = options.BlockInterval }, clock,
        LoggerFactory.Create(Log).CreateLogger<LedgerFiles>());

    /// <summary>Lets the addresses that are https speak TLS, where the options name a certificate.</summary>
    /// <exception cref="InvalidDataException">A file cannot be used; the message says which, and the cure.</exception>
    public static void ServeTls(WebApplicationBuilder builder, AccessOptions access, TimeProvider clock)
    {
        if (ServerCertificate.Read(access, clock, LoggerFactory.Create(Log).CreateLogger<ServerCertificate>()) is not { } certificate)
            return;
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(certificate.Serve));
    }

    /// <summary>Where programs on this machine reach the server: on loopback, if it listens there.</summary>
    public static string UrlOf(IServer server)
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()!.Addresses;
        return addresses.FirstOrDefault(address => new Uri(address) is { IsLoopback: true, Scheme: "http" }) ?? addresses.First();
    }

    /// <summary>What a process of a cluster shows to the others, and whom it believes; null where everything is on loopback.</summary>
    /// <exception cref="InvalidDataException">A file is not what it should be; the message names all that are not.</exception>
    public static ClusterCertificates? ReadCertificates(ClusterOptions cluster, TimeProvider clock) =>
        ClusterCertificates.Read(cluster, clock, LoggerFactory.Create(Log).CreateLogger<ClusterCertificates>());

    public static void AddCertificates(IServiceCollection services, ClusterCertificates? certificates)
    {
        if (certificates is null)
            return;
        services.AddSingleton(_ => certificates);
        services.AddHostedService<CertificateWatch>();
    }

    /// <summary>Who issues access tokens: every gateway of a network in its name.</summary>
    public static string IssuerOf(Hash256 network) => $"lucid/{network}";

    /// <summary>What the grains of users and of trust policies need, wherever they are hosted: also where no ledger lies.</summary>
    public static void AddUsersAndPolicies(IServiceCollection services, NodeOptions options, Hash256 network)
    {
        services.TryAddSingleton<ICpuPool, CpuPool>();
        services.AddSingleton(new IssuerOptions());
        services.AddSingleton(new IdentityOptions());
        services.AddSingleton(new PolicyOptions { Network = network });
    }

    /// <summary>Through a factory, so that the container closes them with everything else.</summary>
    public static void AddTokenKeys(IServiceCollection services, TokenKeys keys) => services.AddSingleton<ITokenKeys>(_ => keys);

    /// <summary>The ledger that lies on this node's disk.</summary>
    public static void AddLedger(IServiceCollection services, LedgerFiles files)
    {
        // Through factories, so that the container closes them with everything else.
        services.AddSingleton(_ => files);
        services.AddSingleton(new NodeIdentity(files.Self.Name, files.Keys.Identity, files.Genesis.Network, Software, Ledger: files.Self.Name));
        services.TryAddSingleton<ICpuPool, CpuPool>();
        services.AddSingleton(_ => new EntryPool());
        services.AddSingleton(provider => new LedgerNode(
            files.Genesis, files.Keys, files.Blocks, files.Candidates, files.Votes, files.Log, files.Checkpoints, files.Index,
            provider.GetRequiredService<EntryPool>(), provider.GetRequiredService<ICpuPool>()));
        services.AddSingleton<ILogReader, LogReader>();
    }

    /// <summary>The recorder on this node's disk. Its <see cref="IPeers"/> and its list of sessions are the caller's to add.</summary>
    public static void AddRecorder(IServiceCollection services, NodeOptions options)
    {
        services.AddSingleton(options.Sessions);
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
        services.AddSingleton<IKeyKeeper, KeyKeeper>();
        services.AddSingleton<SessionWaker>();
    }
}
