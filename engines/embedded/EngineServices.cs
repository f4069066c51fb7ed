using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lucid.Engine.Embedded;

/// <summary>The engine in a host's services.</summary>
public static class EngineServices
{
    /// <summary>
    /// Adds the engine, as itself and as <see cref="IGrains"/>. It starts and stops with the host: services that are added before it stop
    /// after it, and may be used by grains until then.
    /// </summary>
    /// <param name="store">Makes the store, which the engine closes.</param>
    /// <param name="grains">Hosts the grains, one line each.</param>
    public static IServiceCollection AddEmbeddedEngine(
        this IServiceCollection services,
        Func<IServiceProvider, IGrainStore> store,
        Action<EmbeddedEngine> grains,
        EmbeddedEngineOptions? options = null)
    {
        services.AddSingleton(provider =>
        {
            var runtime = EngineRuntime.ThreadPool(provider.GetService<TimeProvider>());
            var engine = new EmbeddedEngine(store(provider), options, provider, runtime, provider.GetService<ILogger<EmbeddedEngine>>());
            grains(engine);
            return engine;
        });
        services.AddSingleton<IGrains>(provider => provider.GetRequiredService<EmbeddedEngine>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<EmbeddedEngine>());
        return services;
    }
}
