using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using Lucid.Engine.Cluster.Activations;
using Lucid.Engine.Cluster.Calls;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Lucid.Engine.Cluster.Streams;

/// <summary>
/// Orleans' streams, one namespace for each type of item: whoever publishes under a key reaches every grain of that key whose class
/// handles the type, without subscribing. Items may be lost with a silo; a reminder makes good what was lost.
/// </summary>
internal sealed class ItemStreams(
    IServiceProvider services, ClusterEngineOptions options, [FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock, ILogger<ItemStreams> log)
{
    public const string Provider = "lucid";

    // The silo that an item's queue is on may be gone, and nobody may wait for it: what an item tells is true without it.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    private static readonly ConcurrentDictionary<(Type, string), Func<IHostedHandler, IStreamSubscriptionHandleFactory, Task>?> _resumers = new();

    // A hosted class is a plain class: which activation it stands in is known here.
    private static readonly ConditionalWeakTable<object, IGrainContext> _contexts = [];

    /// <summary>Called by each activation before its first item.</summary>
    public static void Note(IGrainContext context)
    {
        if (context.GrainInstance is IHostedHandler grain)
            _contexts.AddOrUpdate(grain, context);
    }

    /// <summary>The namespace of a type's streams.</summary>
    public static string NamespaceOf(Type item) => item.Name;

    public async Task PublishAsync<T>(string key, T item) where T : class
    {
        if (options.Loses(item))
            return;
        // The one who hears of it is not part of the chain that told it.
        CallChain.Leave();
        services.GetRequiredService<StreamLag>().Tell();
        var provider = services.GetRequiredKeyedService<IStreamProvider>(Provider);
        try
        {
            await provider.GetStream<T>(StreamId.Create(NamespaceOf(typeof(T)), key)).OnNextAsync(item).WaitAsync(_patience, clock);
        }
        catch (Exception lost) when (lost is OrleansException or TimeoutException)
        {
            log.LogDebug(lost, "A {Item} for {Key} was lost", typeof(T).Name, key);
        }
    }

    /// <summary>Called when the first item of a stream arrives at an activation.</summary>
    public static Task ResumeAsync(IHostedHandler grain, IStreamSubscriptionHandleFactory factory)
    {
        var resume = _resumers.GetOrAdd((grain.GetType(), factory.StreamId.GetNamespace() ?? ""), static key =>
            HostedContracts.HandledBy(key.Item1).FirstOrDefault(item => NamespaceOf(item) == key.Item2) is { } item
                ? typeof(ItemStreams).GetMethod(nameof(ResumeItemsAsync), BindingFlags.NonPublic | BindingFlags.Static)!
                    .MakeGenericMethod(item).CreateDelegate<Func<IHostedHandler, IStreamSubscriptionHandleFactory, Task>>()
                : null);
        return resume?.Invoke(grain, factory) ?? Task.CompletedTask;
    }

    private static async Task ResumeItemsAsync<T>(IHostedHandler grain, IStreamSubscriptionHandleFactory factory) where T : class
    {
        _contexts.TryGetValue(grain, out var context);
        await factory.Create<T>().ResumeAsync(new Handler<T>((IHandles<T>)grain, context!));
    }

    /// <summary>An item that cannot be handled is lost to this grain, as any may be; it must not be tried until others have waited a minute.</summary>
    private sealed class Handler<T>(IHandles<T> grain, IGrainContext context) : IAsyncObserver<T> where T : class
    {
        public async Task OnNextAsync(T item, StreamSequenceToken? token = null)
        {
            context.ActivationServices.GetRequiredService<StreamLag>().Hear();
            using var chain = CallChain.Begin(context.GrainId);
            try
            {
                await grain.HandleAsync(item);
            }
            catch (Exception failure)
            {
                if (failure is not (GrainException or EngineException))
                    context.Drop($"An item could not be handled: {failure.Message}");
            }
        }

        public Task OnCompletedAsync() => Task.CompletedTask;
        public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
    }
}
