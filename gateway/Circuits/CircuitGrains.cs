using System.Collections.Concurrent;
using System.Reflection;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Limits;
using Lucid.GrainInterfaces.Recording;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Circuits;

/// <summary>
/// The grains, with a circuit for each that gave no answer of late. By grain and not by kind of grain: one session that hangs says nothing of the
/// others, and whoever asks for it again and again must not shut them off.
/// </summary>
internal sealed class CircuitGrains(IGrains inner, LimitOptions options, TimeProvider clock) : IGrains
{
    // Each took a call's whole deadline to come about.
    private const int MostCircuits = 10_000;

    private readonly long _start = clock.GetTimestamp();

    private readonly ConcurrentDictionary<(Type Contract, string Grain), Circuit> _circuits = new();

    // As long as all is well there are none, and calls cost nothing here; the dictionary would take all of its locks to say so.
    private int _count;

    private TimeSpan Now => clock.GetElapsedTime(_start);

    public TGrain Get<TGrain>(string key) where TGrain : class, IGrain
    {
        var grain = inner.Get<TGrain>(key);
        // Whoever asks those has an answer of their own to their silence.
        if (typeof(TGrain) == typeof(IRecorderGrain) || typeof(TGrain) == typeof(IQuotaGrain))
            return grain;
        var guarded = DispatchProxy.Create<TGrain, CircuitProxy>();
        ((CircuitProxy)(object)guarded).Guard(grain, this, typeof(TGrain), key);
        return guarded;
    }

    /// <summary>Puts circuits between whoever asks for grains here and those that the host has registered.</summary>
    public static void Wrap(IServiceCollection services)
    {
        // Without any, the gateway says so when it is mapped.
        if (services.LastOrDefault(service => service.ServiceType == typeof(IGrains) && !service.IsKeyedService) is not { } host)
            return;
        services.Remove(host);
        services.AddSingleton<IGrains>(provider => new CircuitGrains(
            (IGrains)(host.ImplementationInstance ?? host.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, host.ImplementationType!)),
            provider.GetRequiredService<LimitOptions>(), provider.GetRequiredService<TimeProvider>()));
    }

    /// <returns>Whether this call is the one that finds out whether the grain is back.</returns>
    /// <exception cref="ApiException">The grain is not asked for now.</exception>
    internal bool Enter(Type contract, string key)
    {
        if (Volatile.Read(ref _count) == 0 || !_circuits.TryGetValue(Who(contract, key), out var circuit))
            return false;
        return circuit.Enter(Now, out var isTry) is { } wait
            ? throw new ApiException(ErrorTable.CircuitOpen, retryAfter: wait)
            : isTry;
    }

    /// <param name="failure">Null where it answered.</param>
    internal void Note(Type contract, string key, Exception? failure, bool isTry)
    {
        switch (failure)
        {
            case CallDeadlineException:
            // The ledger's are on one silo, and nowhere else. Any other grain that could not be reached is on another silo by the next call.
            case GrainUnreachableException when contract == typeof(IChainGrain) || contract == typeof(ILogGrain):
                Find(Who(contract, key))?.Fail(Now, isTry);
                break;
            case EngineException when Volatile.Read(ref _count) > 0 && _circuits.TryGetValue(Who(contract, key), out var left):
                left.Leave(isTry);
                break;
            case EngineException:
                break;
            default:
                if (Volatile.Read(ref _count) > 0 && _circuits.TryRemove(Who(contract, key), out _))
                    Interlocked.Decrement(ref _count);
                break;
        }
    }

    /// <summary>Grains that belong together, as a session's chunks do, are named alike up to a slash.</summary>
    private static (Type Contract, string Grain) Who(Type contract, string key) => (contract, key.Split('/')[0]);

    private Circuit? Find((Type Contract, string Grain) who)
    {
        if (_circuits.TryGetValue(who, out var known))
            return known;
        if (Volatile.Read(ref _count) >= MostCircuits)
        {
            foreach (var old in _circuits.Where(circuit => circuit.Value.IsOld(Now)))
            {
                if (_circuits.TryRemove(old))
                    Interlocked.Decrement(ref _count);
            }
        }
        if (Volatile.Read(ref _count) >= MostCircuits)
            return null;
        var made = new Circuit(options.CircuitFailures, options.CircuitOpen);
        var circuit = _circuits.GetOrAdd(who, made);
        if (ReferenceEquals(circuit, made))
            Interlocked.Increment(ref _count);
        return circuit;
    }
}
