using System.Text.Json;
using Lucid.Engine.Cluster.Calls;
using Lucid.Engine.Cluster.Storage;
using Lucid.Engine.Cluster.Streams;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Timers;

namespace Lucid.Engine.Cluster.Activations;

/// <summary>
/// What a grain has of the cluster engine for as long as it is in memory. Made in the scope of Orleans' activation, whose one thread at a
/// time owns every field.
/// </summary>
internal class ClusterActivation : IActivation
{
    public const int LargestState = 64 * 1024;
    private const int LargestRead = 10_000;

    private readonly IGrainContext _context;
    private readonly ActivationServices _services;
    private Task _lastWrite = Task.CompletedTask;
    private long _version;
    private bool _isBroken;

    public ClusterActivation(IGrainContext context, ActivationServices services)
    {
        (_context, _services) = (context, services);
        Id = new StoredId(context.GrainId.Type.ToString()!, context.GrainId.Key.ToString()!);
        context.ObservableLifecycle.Subscribe(nameof(ClusterActivation), GrainLifecycleStage.SetupState, _ => LoadAsync());
        context.ObservableLifecycle.Subscribe(nameof(ClusterActivation), GrainLifecycleStage.Activate, StartAsync);
    }

    public string Key => Id.Key;
    public IGrains Grains => _services.Grains;
    public TimeProvider Clock => _services.Clock;
    protected StoredId Id { get; }

    private string AReminder => $"a reminder of {Id}";

    public Task PublishAsync<T>(string key, T item) where T : class => _services.Streams.PublishAsync(key, item);

    public Task RemindAsync(string name, TimeSpan due, TimeSpan period)
    {
        if (_context.GrainInstance is not IReminded)
            throw new InvalidOperationException($"{Id} sets a reminder but its class is no IReminded.");
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, _services.Options.ShortestReminder);
        ThrowIfBroken();
        return DatabaseGuard.RunAsync(AReminder, () => _services.Reminders.RegisterOrUpdateReminder(_context.GrainId, name, due, period));
    }

    public Task ForgetAsync(string name)
    {
        ThrowIfBroken();
        return DatabaseGuard.RunAsync(AReminder, async () =>
        {
            if (await _services.Reminders.GetReminder(_context.GrainId, name) is { } reminder)
                await _services.Reminders.UnregisterReminder(_context.GrainId, reminder);
        });
    }

    public IDisposable Every(TimeSpan due, TimeSpan period, Func<CancellationToken, Task> tick)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero);
        if (period != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        // Without KeepAlive a grain that only ticks would be taken for idle.
        return _services.Timers.RegisterGrainTimer(
            _context, static (ticking, cancellation) => ticking.RunAsync(cancellation), new Ticking(this, tick), new GrainTimerCreationOptions(due, period) { KeepAlive = true });
    }

    public IJournal<T> Journal<T>(string name) where T : class
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new ClusterJournal<T>(this, name);
    }

    public void Deactivate() => _context.Drop("The grain leaves memory.");

    protected virtual void Load(byte[]? json) { }

    /// <summary>
    /// Writes after the writes that were started before. Once one has failed nobody knows what is stored: none after it is tried, and the
    /// activation is dropped.
    /// </summary>
    protected Task<T> WriteAsync<T>(Func<IClusterStore, long, Task<T>> write)
    {
        var written = AfterAsync(_lastWrite);
        _lastWrite = written;
        return written;

        async Task<T> AfterAsync(Task before)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            ThrowIfBroken();
            try
            {
                var result = await write(_services.Store, _version);
                _version++;
                return result;
            }
            catch (Exception failure)
            {
                _isBroken = true;
                // Rare, and worth a look: two activations of one grain were alive at once.
                if (failure is StateConflictException)
                    _services.Log.LogWarning("A write was refused: {Reason}", failure.Message);
                _context.Drop("A write failed.");
                throw;
            }
        }
    }

    protected byte[] Serialise<T>(T value)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value, GrainJson.Options);
        return json.Length <= LargestState ? json : throw new StateTooLargeException(Id.ToString(), json.Length, LargestState);
    }

    private async Task LoadAsync()
    {
        var stored = await _services.Store.ReadAsync(Id);
        _version = stored.Version;
        Load(stored.Json);
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        ItemStreams.Note(_context);
        if (_context.GrainInstance is not IActivated activated)
            return;
        using (CallChain.Begin(_context.GrainId))
            await activated.ActivatedAsync(cancellation);
    }

    private void ThrowIfBroken()
    {
        if (_isBroken)
            throw new GrainStoreException($"This activation of {Id} has failed, so it may not write any more; call the grain again.");
    }

    private sealed class Ticking(ClusterActivation owner, Func<CancellationToken, Task> tick)
    {
        public async Task RunAsync(CancellationToken cancellation)
        {
            // A tick is the root of its own chain of calls, whatever chain set the timer.
            using var chain = CallChain.Begin(owner._context.GrainId);
            try
            {
                await tick(cancellation);
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                owner._services.Log.LogWarning(failure, "A timer's tick of {Grain} failed: {Reason}", owner.Id, failure.Message);
            }
        }
    }

    private sealed class ClusterJournal<T>(ClusterActivation owner, string name) : IJournal<T> where T : class
    {
        public async ValueTask<long> CountAsync()
        {
            await owner._lastWrite.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            return await owner._services.Store.CountAsync(owner.Id, name);
        }

        public Task<long> AppendAsync(T row) =>
            owner.WriteAsync((store, version) => store.AppendAsync(owner.Id, version, name, owner.Serialise(row)));

        public async Task<IReadOnlyList<T>> ReadAsync(long from, int count)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(from);
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, LargestRead);
            var rows = await owner._services.Store.ReadRowsAsync(owner.Id, name, from, count);
            return [.. rows.Select(row => JsonSerializer.Deserialize<T>(row, GrainJson.Options)!)];
        }
    }
}

/// <summary>An activation with state, which is read before the grain is first called.</summary>
internal sealed class ClusterActivation<TState>(IGrainContext context, ActivationServices services)
    : ClusterActivation(context, services), IActivation<TState> where TState : class, new()
{
    public TState State { get; private set; } = new();

    public async Task SaveAsync(TState next)
    {
        await WriteAsync(async (store, version) =>
        {
            await store.SaveAsync(Id, version, Serialise(next));
            return true;
        });
        State = next;
    }

    public async Task ClearAsync()
    {
        await WriteAsync(async (store, version) =>
        {
            await store.ClearAsync(Id, version);
            return true;
        });
        State = new TState();
    }

    protected override void Load(byte[]? json)
    {
        try
        {
            State = json is null ? new TState() : JsonSerializer.Deserialize<TState>(json, GrainJson.Options)!;
        }
        catch (JsonException e)
        {
            throw new GrainStoreException($"The stored state of {Id} is no {typeof(TState).Name}: {e.Message}", e);
        }
    }
}

/// <summary>What every activation of a silo shares.</summary>
internal sealed class ActivationServices(
    IGrains grains, IClusterStore store, ItemStreams streams, ClusterEngineOptions options, ITimerRegistry timers, IReminderRegistry reminders,
    [FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock, ILogger<ClusterActivation> log)
{
    public IGrains Grains => grains;
    public IClusterStore Store => store;
    public ItemStreams Streams => streams;
    public ClusterEngineOptions Options => options;
    public ITimerRegistry Timers => timers;
    public IReminderRegistry Reminders => reminders;
    public TimeProvider Clock => clock;
    public ILogger<ClusterActivation> Log => log;
}
