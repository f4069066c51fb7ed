using System.Diagnostics;
using System.Diagnostics.Metrics;
using Lucid.Engine.Embedded.Calls;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Engine.Embedded;

/// <summary>
/// Runs grains in this process. Register every class with <see cref="Host{TContract,TGrain}"/>, start, then reach grains with
/// <see cref="Get{TGrain}"/>. The engine opens the store at start and closes it at stop, and it starts once.
/// </summary>
public sealed class EmbeddedEngine : IGrains, IHostedService, IAsyncDisposable
{
    private enum Phase { New, Running, Draining, Dead }

    private readonly Dictionary<Type, GrainKind> _kinds = [];
    private readonly Dictionary<string, GrainKind> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, List<GrainKind>> _listeners = [];
    private readonly Chance? _chance;
    private Meter? _gauges;
    private volatile Phase _phase = Phase.New;

    /// <param name="services">Where grains' other constructor parameters come from; none when null.</param>
    /// <param name="runtime">The thread pool and the system's clock when null.</param>
    public EmbeddedEngine(
        IGrainStore store,
        EmbeddedEngineOptions? options = null,
        IServiceProvider? services = null,
        EngineRuntime? runtime = null,
        ILogger<EmbeddedEngine>? log = null)
    {
        Store = store;
        Options = options ?? new EmbeddedEngineOptions();
        Options.Check();
        Services = services ?? EmptyServices.Instance;
        Runtime = runtime ?? EngineRuntime.ThreadPool();
        Log = log ?? NullLogger<EmbeddedEngine>.Instance;
        Reminders = new Reminders(this);
        DeadlineTicks = Ticks(Options.Deadline);
        IdleTicks = Ticks(Options.IdleAfter);
        if (Options.Test is { } test)
        {
            _chance = new Chance(test);
            RoundTrips = test.RoundTrips;
        }
        (Runtime as Simulation)?.Watch(this);

        long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Runtime.Clock.TimestampFrequency);
    }

    internal IGrainStore Store { get; }
    internal EmbeddedEngineOptions Options { get; }
    internal IServiceProvider Services { get; }
    internal EngineRuntime Runtime { get; }
    internal ILogger Log { get; }
    internal Reminders Reminders { get; }
    internal bool RoundTrips { get; }
    internal long DeadlineTicks { get; }
    internal long IdleTicks { get; }
    internal bool IsDead => _phase == Phase.Dead;
    internal bool TakesCalls => _phase is Phase.Running or Phase.Draining;

    /// <summary>Hosts a class behind its contract.</summary>
    /// <param name="name">The identity in storage: choose once, never change. Lower-case letters, digits and '-'.</param>
    /// <exception cref="GrainContractException">The contract or class breaks a rule.</exception>
    /// <exception cref="InvalidOperationException">Contract or name are taken, or the engine runs.</exception>
    public EmbeddedEngine Host<TContract, TGrain>(string name)
        where TContract : class, IGrain
        where TGrain : class, TContract
    {
        if (_phase != Phase.New)
            throw new InvalidOperationException("Host every class before the engine starts.");
        if (name.Length is 0 or > 64 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            throw new ArgumentException($"'{name}' is no name for a grain: 1 to 64 lower-case letters, digits and '-'.", nameof(name));
        if (_names.ContainsKey(name) || _kinds.ContainsKey(typeof(TContract)))
            throw new InvalidOperationException($"{typeof(TContract).Name} or the name '{name}' is hosted already.");
        var kind = new GrainKind(name, typeof(TContract), typeof(TGrain));
        kind.Prototype = GrainProxy.Create(this, kind);
        _kinds.Add(typeof(TContract), kind);
        _names.Add(name, kind);
        foreach (var item in kind.Handled)
        {
            if (!_listeners.TryGetValue(item, out var listeners))
                _listeners[item] = listeners = [];
            listeners.Add(kind);
        }
        return this;
    }

    /// <exception cref="GrainStoreException">The store does not open.</exception>
    /// <exception cref="InvalidOperationException">Names every service that a grain needs and the provider lacks.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        if (_phase != Phase.New)
            throw new InvalidOperationException("An engine starts once; make a new one.");
        CheckServices();
        await Store.OpenAsync(cancellation);
        _gauges = EngineTelemetry.Gauges(
            () => Measure(kind => kind.Mailboxes.Count(m => m.IsActive)), () => Measure(kind => kind.Mailboxes.Sum(m => m.Depth)));
        _phase = Phase.Running;
        await Reminders.StartAsync();
    }

    /// <summary>
    /// Refuses new calls, lets the running and waiting ones end within <see cref="EmbeddedEngineOptions.Drain"/>, and closes the store.
    /// Nothing of a grain runs after that.
    /// </summary>
    /// <param name="cancellation">Ends the drain early.</param>
    public async Task StopAsync(CancellationToken cancellation = default)
    {
        if (_phase is Phase.Draining or Phase.Dead)
            return;
        if (_phase == Phase.Running)
        {
            _phase = Phase.Draining;
            Reminders.Dispose();
            await DrainAsync(cancellation);
        }
        Kill();
        await Store.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    Task IHostedService.StartAsync(CancellationToken cancellationToken) => StartAsync(cancellationToken);

    Task IHostedService.StopAsync(CancellationToken cancellationToken) => StopAsync(cancellationToken);

    /// <summary>
    /// Ends the engine as the end of its process would, as far as its grains can tell: no step of theirs runs any more. The store is left
    /// as it is. For tests of what survives.
    /// </summary>
    public void Kill()
    {
        _phase = Phase.Dead;
        Reminders.Dispose();
        _gauges?.Dispose();
        foreach (var mailbox in Mailboxes)
            mailbox.Abandon();
    }

    public TGrain Get<TGrain>(string key) where TGrain : class, IGrain
    {
        CheckKey(key);
        return _kinds.TryGetValue(typeof(TGrain), out var kind)
            ? (TGrain)(object)kind.Prototype.For(key)
            : throw new InvalidOperationException($"Nothing hosts {typeof(TGrain).Name}; add Host<{typeof(TGrain).Name}, …>(\"…\") before the start.");
    }

    /// <summary>As <see cref="IActivation.PublishAsync"/>, for what is not a grain.</summary>
    public Task PublishAsync<T>(string key, T item) where T : class
    {
        CheckKey(key);
        foreach (var kind in _listeners.GetValueOrDefault(typeof(T)) ?? [])
        {
            for (var copies = _chance?.Deliveries() ?? 1; copies > 0; copies--)
            {
                var copy = !RoundTrips ? item : (T)RoundTrip.Copy(item, typeof(T))!;
                if (!SendRoot(kind, key, new RootCall("HandleAsync", grain => ((IHandles<T>)grain).HandleAsync(copy))))
                    EngineTelemetry.Failed(kind.Name, "lost");
            }
        }
        return Task.CompletedTask;
    }

    /// <summary>What waits or runs now, for the report of a run that is stuck.</summary>
    internal IEnumerable<string> Describe() => Mailboxes.Select(m => m.Describe()).OfType<string>().Order(StringComparer.Ordinal);

    internal GrainKind? KindOf(string name) => _names.GetValueOrDefault(name);

    /// <summary>The position among the waiting calls of the one to start next.</summary>
    internal int ShuffleIndex(int waiting) => _chance is { Shuffles: true } chance ? chance.Below(waiting) : 0;

    /// <summary>Sends a caller's call; whatever refuses it becomes its answer.</summary>
    internal void Send(GrainProxy proxy, Call call)
    {
        var parent = Call.Current is { Done: false } running ? running : null;
        // While draining, what already runs may finish, and so may the calls that it makes.
        if (_phase != Phase.Running && !(_phase == Phase.Draining && parent is not null))
        {
            call.Fail(new EngineStoppedException());
            return;
        }
        if (EngineTelemetry.Activities.HasListeners())
            call.Trace = Activity.Current?.Context ?? default;
        call.Parent = parent;
        while (true)
        {
            var mailbox = proxy.Mailbox ??= proxy.Kind.MailboxOf(this, proxy.Key);
            // A step of an enumerator does not wait for the turn that runs, so it closes no circle.
            if (parent is not null && !call.Interleaves && parent.FindCircle(mailbox) is { } circle)
            {
                EngineTelemetry.Failed(mailbox.Id.Name, "circle");
                call.Fail(new CallCircleException(circle));
                return;
            }
            switch (mailbox.Post(call))
            {
                case Mailbox.Admission.Accepted:
                    // A mailbox made while the engine died was not there to be abandoned with the others.
                    if (IsDead)
                        mailbox.Abandon();
                    return;
                case Mailbox.Admission.Full:
                    EngineTelemetry.Failed(mailbox.Id.Name, "mailbox_full");
                    call.Fail(new MailboxFullException(mailbox.ToString(), mailbox.Depth, Options.RetryAfter));
                    return;
                default:
                    proxy.Mailbox = null;
                    if (IsDead)
                    {
                        call.Fail(new EngineStoppedException());
                        return;
                    }
                    proxy.Kind.Forget(mailbox);
                    break;
            }
        }
    }

    /// <summary>Sends a call that nobody waits for. False where it was not taken.</summary>
    internal bool SendRoot(GrainKind kind, string key, Call call)
    {
        while (_phase == Phase.Running)
        {
            var mailbox = kind.MailboxOf(this, key);
            var admission = mailbox.Post(call);
            if (admission != Mailbox.Admission.Closed)
                return admission == Mailbox.Admission.Accepted;
            kind.Forget(mailbox);
        }
        return false;
    }

    internal bool SendRoot(Mailbox mailbox, Call call) =>
        _phase == Phase.Running && mailbox.Post(call) == Mailbox.Admission.Accepted;

    internal static Activity? StartActivity(Call call)
    {
        if (!EngineTelemetry.Activities.HasListeners())
            return null;
        var id = call.Target!.Id;
        var activity = EngineTelemetry.Activities.StartActivity($"{id.Name}.{call.Method}", ActivityKind.Internal, call.Trace);
        activity?.SetTag("lucid.grain", id.Name);
        activity?.SetTag("lucid.key", id.Key);
        return activity;
    }

    internal void CallEnded(Call call, GrainId id, Exception? failure)
    {
        if (call.Activity is { } activity)
        {
            if (failure is not null)
                activity.SetStatus(ActivityStatusCode.Error, failure.Message);
            activity.Dispose();
        }
        if (!EngineTelemetry.Calls.Enabled && !EngineTelemetry.CallDuration.Enabled)
            return;
        var grain = new KeyValuePair<string, object?>("grain", id.Name);
        var method = new KeyValuePair<string, object?>("method", call.Method);
        EngineTelemetry.Calls.Add(1, grain, method);
        EngineTelemetry.CallDuration.Record(Runtime.Clock.GetElapsedTime(call.Arrived).TotalSeconds, grain, method);
    }

    private IEnumerable<Mailbox> Mailboxes => _kinds.Values.SelectMany(kind => kind.Mailboxes);

    private IEnumerable<Measurement<int>> Measure(Func<GrainKind, int> count) =>
        _kinds.Values.Select(kind => new Measurement<int>(count(kind), new KeyValuePair<string, object?>("grain", kind.Name)));

    private static void CheckKey(string key)
    {
        if (string.IsNullOrEmpty(key) || key.Length > 256 || key.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new ArgumentException($"'{key}' is no key of a grain: 1 to 256 characters of printable ASCII.", nameof(key));
    }

    private void CheckServices()
    {
        // A provider that cannot say what it has is asked at the first activation instead.
        if (Services.GetService(typeof(IServiceProviderIsService)) is not IServiceProviderIsService known)
            return;
        var missing = _kinds.Values.SelectMany(kind => kind.Needs.Where(need => !known.IsService(need)).Select(need => $"{kind.Name} needs {need}")).ToList();
        if (missing.Count > 0)
            throw new InvalidOperationException($"Services that grains need are not registered: {string.Join("; ", missing)}.");
    }

    private async Task DrainAsync(CancellationToken cancellation)
    {
        using var bound = new CancellationTokenSource(Options.Drain, Runtime.Clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellation);
        try
        {
            // A turn that ends may have called others, so it is over only when a whole pass found nothing to wait for.
            for (var waited = true; waited;)
            {
                waited = false;
                foreach (var mailbox in Mailboxes)
                {
                    var idle = mailbox.WhenIdleAsync();
                    waited |= !idle.IsCompleted;
                    await idle.WaitAsync(linked.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            Log.LogWarning("The engine stops with calls that did not end: {Calls}", string.Join("; ", Describe()));
        }
    }
}
