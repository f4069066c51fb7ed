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

    // Empty as long as all is well.
    private readonly ConcurrentDictionary<(Type Contract, string Grain), Circuit> _circuits = new();

    private TimeSpan Now => clock.GetElapsedTime(_start);

    public TGrain Get<TGrain>(string key) where TGrain : class, IGrain
    {
        var grain = inner.Get<TGrain>(key);
        // Whoever asks those has an answer of their own to their silence.
        if (typeof(TGrain) == typeof(IRecorderGrain) || typeof(TGrain) == typeof(IQuotaGrain))
            return grain;
        var guarded = DispatchProxy.Create<TGrain, CircuitProxy>();
        ((CircuitProxy)(object)guarded).Guard(grain, this, (typeof(TGrain), key.Split('/')[0]));
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
    internal bool Enter((Type Contract, string Grain) who)
    {
        if (!_circuits.TryGetValue(who, out var circuit))
            return false;
        return circuit.Enter(Now, out var isTry) is { } wait
            ? throw new ApiException(ErrorTable.CircuitOpen, ErrorTable.CircuitOpen.Meaning, retryAfter: wait)
            : isTry;
    }

    /// <param name="failure">Null where it answered.</param>
    internal void Note((Type Contract, string Grain) who, Exception? failure, bool isTry)
    {
        switch (failure)
        {
            case CallDeadlineException:
            // The ledger's are on one silo, and nowhere else. Any other grain that could not be reached is on another silo by the next call.
            case GrainUnreachableException when who.Contract == typeof(IChainGrain) || who.Contract == typeof(ILogGrain):
                Find(who)?.Fail(Now, isTry);
                break;
            case EngineException:
                if (_circuits.TryGetValue(who, out var left))
                    left.Leave(isTry);
                break;
            default:
                if (!_circuits.IsEmpty)
                    _circuits.TryRemove(who, out _);
                break;
        }
    }

    private Circuit? Find((Type Contract, string Grain) who)
    {
        if (_circuits.TryGetValue(who, out var known))
            return known;
        if (_circuits.Count >= MostCircuits)
        {
            foreach (var old in _circuits.Where(circuit => circuit.Value.IsOld(Now)))
                _circuits.TryRemove(old);
        }
        return _circuits.Count < MostCircuits ? _circuits.GetOrAdd(who, _ => new Circuit(options.CircuitFailures, options.CircuitOpen)) : null;
    }
}
