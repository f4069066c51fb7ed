using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster;

/// <summary>
/// How long items are on their way to the grains of this silo: each carries the time at which it was told. Between machines the difference
/// of their clocks is in it.
/// </summary>
public sealed class StreamLag([FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock)
{
    private const string ContextKey = "lucid.told";
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    private TimeSpan _worst;
    private TimeSpan _worstBefore;
    private long? _since;
    private long? _heard;

    /// <summary>The longest of the last minute or two; null where no item came.</summary>
    public TimeSpan? Worst
    {
        get
        {
            lock (_gate)
                return _heard is { } at && clock.GetElapsedTime(at) < _window ? (_worst > _worstBefore ? _worst : _worstBefore) : null;
        }
    }

    /// <summary>Lets the item that is told next carry the time.</summary>
    internal void Tell() => RequestContext.Set(ContextKey, clock.GetUtcNow().UtcTicks);

    /// <summary>An item has arrived.</summary>
    internal void Hear()
    {
        if (RequestContext.Get(ContextKey) is not long told)
            return;
        RequestContext.Remove(ContextKey);
        var lag = TimeSpan.FromTicks(Math.Max(0, clock.GetUtcNow().UtcTicks - told));
        lock (_gate)
        {
            _heard = clock.GetTimestamp();
            if (_since is not { } since || clock.GetElapsedTime(since) >= _window)
                (_worstBefore, _worst, _since) = (_since is null ? TimeSpan.Zero : _worst, TimeSpan.Zero, _heard);
            _worst = lag > _worst ? lag : _worst;
        }
    }
}
