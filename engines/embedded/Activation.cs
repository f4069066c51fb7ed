using System.Text.Json;
using Lucid.Engine.Embedded.Calls;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Embedded;

/// <summary>One stay of a grain in memory, from its first call to its drop. Its fields belong to the grain's own steps.</summary>
internal class Activation(EmbeddedEngine engine, GrainKind kind, Mailbox mailbox) : IActivation
{
    public const int LargestState = 64 * 1024;
    private const int LargestRead = 10_000;

    private readonly Lock _gate = new();
    private readonly List<GrainTimer> _timers = [];
    private CancellationTokenSource? _stopping;
    private volatile bool _dropped;
    private Task? _loaded;
    private long _version;

    public object Grain { get; private set; } = null!;

    /// <summary>A write failed, so nobody knows what is stored: no further write, and the activation goes when its turn ends.</summary>
    public bool Broken { get; private set; }

    /// <summary>The activation goes when its turn ends.</summary>
    public bool Leaving { get; private set; }

    /// <summary>Cancelled when the activation is dropped.</summary>
    public CancellationToken Stopping
    {
        get
        {
            lock (_gate)
            {
                _stopping ??= new CancellationTokenSource();
                if (_dropped)
                    _stopping.Cancel();
                return _stopping.Token;
            }
        }
    }

    public string Key => Id.Key;
    public IGrains Grains => engine;
    public TimeProvider Clock => engine.Runtime.Clock;
    protected GrainId Id => mailbox.Id;
    protected EmbeddedEngine Engine => engine;

    public virtual async Task StartAsync()
    {
        Grain = kind.CreateGrain(engine.Services, this);
        if (Grain is IActivated activated)
            await activated.ActivatedAsync(Stopping);
    }

    /// <summary>From here on the activation may neither write nor tick, whatever its code still does. Safe from any thread.</summary>
    public void Drop()
    {
        List<GrainTimer> timers;
        lock (_gate)
        {
            if (_dropped)
                return;
            _dropped = true;
            timers = [.. _timers];
        }
        _stopping?.Cancel();
        timers.ForEach(timer => timer.Dispose());
    }

    public void Forget(GrainTimer timer)
    {
        lock (_gate)
            _timers.Remove(timer);
    }

    public Task PublishAsync<T>(string key, T item) where T : class => engine.PublishAsync(key, item);

    public Task RemindAsync(string name, TimeSpan due, TimeSpan period)
    {
        if (Grain is not (null or IReminded))
            throw new InvalidOperationException($"{Id} sets a reminder but its class is no IReminded.");
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, engine.Options.ShortestReminder);
        ThrowIfUnusable();
        return engine.Reminders.SetAsync(new StoredReminder(Id, name, Clock.GetUtcNow() + due, period));
    }

    public Task ForgetAsync(string name)
    {
        ThrowIfUnusable();
        return engine.Reminders.RemoveAsync(Id, name);
    }

    public IDisposable Every(TimeSpan due, TimeSpan period, Func<CancellationToken, Task> tick)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero);
        if (period != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        lock (_gate)
        {
            ThrowIfUnusable();
            var timer = new GrainTimer(engine, mailbox, this, due, period, tick);
            _timers.Add(timer);
            return timer;
        }
    }

    public IJournal<T> Journal<T>(string name) where T : class
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new GrainJournal<T>(this, name);
    }

    public void Deactivate() => Leaving = true;

    protected virtual void Load(StoredGrain stored) { }

    protected Task LoadAsync() => _loaded ??= ReadAsync();

    /// <summary>
    /// Each write expects the version that the one before it leaves behind, without waiting for that one: so writes that a grain starts
    /// together share a commit, and if one fails, all after it do.
    /// </summary>
    protected async Task<T> WriteAsync<T>(Func<IGrainStore, long, Task<T>> write)
    {
        await LoadAsync();
        ThrowIfUnusable();
        try
        {
            var result = await write(engine.Store, _version++);
            EngineTelemetry.Saves.Add(1, new KeyValuePair<string, object?>("grain", Id.Name));
            return result;
        }
        catch
        {
            Broken = Leaving = true;
            EngineTelemetry.Failed(Id.Name, "save");
            throw;
        }
    }

    protected byte[] Serialise<T>(T value)
    {
        if (engine.RoundTrips)
            RoundTrip.Copy(value, typeof(T));
        var json = JsonSerializer.SerializeToUtf8Bytes(value, GrainJson.Options);
        return json.Length <= LargestState ? json : throw new StateTooLargeException(Id.ToString(), json.Length, LargestState);
    }

    private async Task ReadAsync()
    {
        var stored = await engine.Store.ReadAsync(Id);
        _version = stored.Version;
        Load(stored);
    }

    private void ThrowIfUnusable()
    {
        if (_dropped || Broken)
            throw new GrainStoreException($"This activation of {Id} has failed or was dropped, so it may not write any more; call the grain again.");
    }

    private sealed class GrainJournal<T>(Activation owner, string name) : IJournal<T> where T : class
    {
        public async ValueTask<long> CountAsync()
        {
            // The version is read first: what is appended after a decision on older rows has to be refused.
            await owner.LoadAsync();
            return await owner.Engine.Store.CountAsync(owner.Id, name);
        }

        public Task<long> AppendAsync(T row) =>
            owner.WriteAsync((store, version) => store.AppendAsync(owner.Id, version, name, owner.Serialise(row)));

        public async Task<IReadOnlyList<T>> ReadAsync(long from, int count)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(from);
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, LargestRead);
            await owner.LoadAsync();
            var rows = await owner.Engine.Store.ReadRowsAsync(owner.Id, name, from, count);
            return [.. rows.Select(row => JsonSerializer.Deserialize<T>(row, GrainJson.Options)!)];
        }
    }
}

/// <summary>An activation with state, which is read before the grain is made.</summary>
internal sealed class Activation<TState>(EmbeddedEngine engine, GrainKind kind, Mailbox mailbox)
    : Activation(engine, kind, mailbox), IActivation<TState> where TState : class, new()
{
    public TState State { get; private set; } = new();

    public override async Task StartAsync()
    {
        await LoadAsync();
        await base.StartAsync();
    }

    public async Task SaveAsync(TState next)
    {
        var json = Array.Empty<byte>();
        await WriteAsync(async (store, version) =>
        {
            await store.SaveAsync(Id, version, json = Serialise(next));
            return true;
        });
        // In test mode a grain gets back what was really kept, not what it still holds.
        State = Engine.RoundTrips ? Parse(json) : next;
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

    protected override void Load(StoredGrain stored) => State = stored.State is { } json ? Parse(json) : new TState();

    private TState Parse(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize<TState>(json, GrainJson.Options)!;
        }
        catch (JsonException e)
        {
            throw new GrainStoreException($"The stored state of {Id} is no {typeof(TState).Name}: {e.Message}", e);
        }
    }
}
