using Orleans.Runtime;

namespace Lucid.Engine.Cluster.Calls;

/// <summary>
/// The calls that wait for the one that runs here: they travel with each call, in Orleans' request context, so that the call which would
/// close a circle is refused with the circle's names instead of waiting until its deadline.
/// </summary>
internal sealed class CallChain : IDisposable
{
    // Between names that hold none: keys are printable ASCII, and so are grain types.
    private const char Separator = '\n';
    private const string ContextKey = "lucid.chain";

    private static readonly AsyncLocal<CallChain?> _current = new();
    private readonly CallChain? _before;
    private readonly string _grains;
    private volatile bool _isOver;

    private CallChain(string grains)
    {
        _grains = grains;
        _before = _current.Value;
        _current.Value = this;
    }

    /// <summary>Begins a turn that nobody waits for. Dispose it when the turn ends.</summary>
    public static CallChain Begin(GrainId grain) => new(Name(grain));

    /// <summary>Begins the turn of a call that came in, with whatever waits for it. Dispose it when the turn ends.</summary>
    public static CallChain Continue(GrainId grain) =>
        new(RequestContext.Get(ContextKey) is string waiting ? $"{waiting}{Separator}{Name(grain)}" : Name(grain));

    /// <summary>Lets the next call carry what waits for it. Code that goes on after its turn has ended is waited for by nobody.</summary>
    /// <returns>The circle that the call would close; null where there is none.</returns>
    public static string? Carry(GrainId target)
    {
        if (_current.Value is not { _isOver: false } chain)
        {
            RequestContext.Remove(ContextKey);
            return null;
        }
        RequestContext.Set(ContextKey, chain._grains);
        var name = Name(target);
        var waiting = chain._grains.Split(Separator);
        var from = Array.IndexOf(waiting, name);
        return from < 0 ? null : string.Join(" → ", waiting.Skip(from).Append(name));
    }

    /// <summary>Whatever is sent from here on is not part of any chain.</summary>
    public static void Leave() => RequestContext.Remove(ContextKey);

    public void Dispose()
    {
        _isOver = true;
        _current.Value = _before;
    }

    /// <summary>How messages call a grain.</summary>
    public static string Name(GrainId grain) => $"{grain.Type}/{grain.Key}";
}
