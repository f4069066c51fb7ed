using Lucid.Gateway.Access;
using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Anchoring;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Chain;
using Lucid.Gateway.Circuits;
using Lucid.Gateway.Cluster;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Health;
using Lucid.Gateway.Json;
using Lucid.Gateway.Keys;
using Lucid.Gateway.Limits;
using Lucid.Gateway.Log;
using Lucid.Gateway.Meta;
using Lucid.Gateway.Metrics;
using Lucid.Gateway.OpenApi;
using Lucid.Gateway.Policies;
using Lucid.Gateway.Recorders;
using Lucid.Gateway.Sessions;
using Lucid.Gateway.Users;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway;

/// <summary>How a host takes the gateway in.</summary>
public static class GatewayRegistration
{
    /// <summary>What the host has to register beside the gateway. <see cref="IHealthProbe"/>s are taken as many as there are.</summary>
    private static readonly Type[] FromHost = [typeof(IGrains), typeof(IRecorder), typeof(IKeyKeeper), typeof(ISessionDirectory), typeof(ILogReader)];

    /// <summary>Registers the gateway and sets the web server's limits.</summary>
    /// <exception cref="ArgumentException">Options are not acceptable; the message names all of them.</exception>
    public static IServiceCollection AddLucidGateway(this IServiceCollection services, GatewayOptions options)
    {
        if (options.FindMistakes() is { Count: > 0 } mistakes)
            throw new ArgumentException($"The gateway cannot start: {string.Join(' ', mistakes)}", nameof(options));

        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        // A silo's grains ask each other through the same service, and have answers of their own to silence.
        if (!options.IsForPeers)
            CircuitGrains.Wrap(services);
        services.AddLimits(options.Limits);
        services.AddCrossOrigin(options.Access);
        services.Configure<ForwardedHeadersOptions>(forwarded => Believe(forwarded, options.Access));
        services.AddSingleton<HealthCheck>();
        services.AddSingleton<EvidenceExport>();
        services.TryAddSingleton<IRecorderNames, OwnRecorder>();
        services.AddSingleton<RecorderChoice>();
        services.AddSingleton<MetricsCollector>();
        services.AddHostedService(provider => provider.GetRequiredService<MetricsCollector>());
        services.AddHostedService<LoopbackGuard>();
        AddTokens(services, options);
        AddAudit(services, options);
        services.AddRouting();
        services.ConfigureHttpJsonOptions(json => GatewayJson.Apply(json.SerializerOptions));
        // What cannot be bound becomes an exception, and so an envelope, instead of a bare status.
        services.Configure<RouteHandlerOptions>(binding => binding.ThrowOnBadRequest = true);
        services.Configure<KestrelServerOptions>(kestrel => Limit(kestrel, options));
        services.AddLucidOpenApi();
        return services;
    }

    /// <summary>Maps everything: the API, the log at the root, health, metrics, and the documentation.</summary>
    /// <exception cref="InvalidOperationException">Something that the host should have registered is missing; the message names all of it.</exception>
    public static WebApplication MapLucidGateway(this WebApplication app)
    {
        var known = app.Services.GetRequiredService<IServiceProviderIsService>();
        var needed = app.Services.GetRequiredService<GatewayOptions>().IsForPeers ? FromHost : [.. FromHost, typeof(ITokenKeys), typeof(IUserDirectory)];
        var missing = needed.Where(service => !known.IsService(service)).Select(service => service.Name).ToList();
        if (missing.Count > 0)
            throw new InvalidOperationException($"The gateway needs these of its host: {string.Join(", ", missing)}. Register them before it is mapped.");

        var access = app.Services.GetRequiredService<GatewayOptions>().Access;
        if (access.Proxies.Count > 0)
            app.UseForwardedHeaders();
        app.UseMiddleware<ErrorMiddleware>();
        app.UseRouting();
        if (access.AllowedOrigins.Count > 0)
            app.UseCors();
        var isForPeers = app.Services.GetRequiredService<GatewayOptions>().IsForPeers;
        if (!isForPeers)
            app.UseMiddleware<RefusalTrail>();
        app.UseMiddleware<RefusalLimit>();
        if (access.Domain is not null)
            app.UseMiddleware<HostGuard>();
        app.UseMiddleware<BearerAccess>();
        app.UseRateLimiter();
        // Behind the limits, so that nobody fills the log faster than they may ask.
        if (!isForPeers)
            app.UseMiddleware<ActionTrail>();
        if (known.IsService(typeof(IRecorderLink)))
            app.UseMiddleware<RecorderProxy>();

        var api = app.MapGroup(GatewayRoutes.Base);
        api.MapSessions();
        api.MapSharing();
        api.MapApprovals();
        api.MapPolicies();
        if (!isForPeers)
        {
            api.MapAuth();
            api.MapMailLogin();
            api.MapProgramTokens();
            api.MapUsers();
            api.MapAudit();
        }
        api.MapChunks();
        api.MapRecordings();
        api.MapChain();
        api.MapBlocks();
        api.MapAnchoring();
        api.MapMerkle();
        api.MapKeys();
        api.MapMeta();
        api.MapCluster();
        app.MapJwks();
        app.MapLog();
        app.MapHealth();
        app.MapMetrics();
        app.MapDocumentation();

        // Monitors of the original look for these below the API's own prefix.
        var again = api.MapGroup("").ExcludeFromDescription();
        again.MapHealth();
        again.MapMetrics();
        return app;
    }

    /// <summary>Where only processes of the cluster call, the gateway that let somebody in has recorded what they do.</summary>
    private static void AddAudit(IServiceCollection services, GatewayOptions options)
    {
        if (options.IsForPeers)
            return;
        services.AddSingleton<AuditTrail>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditTrail>());
        services.AddSingleton<AuditScan>();
        services.AddSingleton<AuditExporter>();
    }

    private static void AddTokens(IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton<IssuerWatch>();
        // Where only processes of the cluster call, nobody signs in.
        if (options.IsForPeers)
            return;
        services.AddHostedService(provider => provider.GetRequiredService<IssuerWatch>());
        services.AddSingleton<TokenAccess>();
        services.AddSingleton(provider => new TokenIssuer(
            provider.GetRequiredService<ITokenKeys>(), provider.GetRequiredService<IssuerWatch>(), provider.GetRequiredService<IGrains>(), options,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<TokenIssuer>>()));
        services.AddHostedService(provider => provider.GetRequiredService<TokenIssuer>());
        services.AddSingleton<ProgramAccess>();
        services.AddSingleton(provider => new LoginDoor(
            provider.GetRequiredService<IGrains>(), provider.GetRequiredService<TokenIssuer>(), options.Access, provider.GetRequiredService<LoginPlace>(), provider.GetRequiredService<AuditTrail>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new LoginPlace(options.Access, provider.GetRequiredService<IServer>()));
        services.AddHostedService<LoginPlaceGuard>();
        if (services.Any(service => service.ServiceType == typeof(IMailer)))
            services.AddSingleton<MailQueue>().AddHostedService(provider => provider.GetRequiredService<MailQueue>());
    }

    private static void Believe(ForwardedHeadersOptions forwarded, AccessOptions access)
    {
        forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        if (access.Domain is { } domain)
        {
            // Without such a list the framework takes any text for a name, and fails where it is none.
            forwarded.ForwardedHeaders |= ForwardedHeaders.XForwardedHost;
            forwarded.AllowedHosts.Add(domain);
        }
        // The framework begins with loopback, behind which may be an onion service that passes on whatever it is sent.
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in access.Proxies)
            forwarded.KnownIPNetworks.Add(proxy);
        // Each proxy adds whom it was called by: as far back as trusted ones say it.
        forwarded.ForwardLimit = null;
    }

    private static void Limit(KestrelServerOptions kestrel, GatewayOptions options)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        // A little more than a chunk, so that one byte too many is still answered as a chunk that is too large.
        limits.MaxRequestBodySize = ChunkLimits.MaxPlainBytes + (64 * 1024);
        // With the query, which has no bound of its own.
        limits.MaxRequestLineSize = 4 * 1024;
        limits.MaxRequestHeaderCount = 64;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.MaxConcurrentConnections = options.Limits.Connections;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.Http2.MaxStreamsPerConnection = 64;
        limits.KeepAliveTimeout = options.KeepAlive;
        limits.RequestHeadersTimeout = options.HeadersTimeout;
        limits.MinRequestBodyDataRate = new MinDataRate(240, options.SlowBodyGrace);
        limits.MinResponseDataRate = new MinDataRate(240, options.SlowBodyGrace);
        var perAddress = new ConnectionLimit(options.Limits, options.Access);
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(perAddress.Limit));
    }
}
