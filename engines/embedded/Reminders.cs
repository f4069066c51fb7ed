using Lucid.Engine.Embedded.Calls;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.Logging;

namespace Lucid.Engine.Embedded;

/// <summary>
/// Rings the durable reminders. What was missed while the engine was down rings once at start. The next time is stored after the grain was
/// told, so a crash between the two rings twice rather than never.
/// </summary>
internal sealed class Reminders(EmbeddedEngine engine) : IDisposable
{
    // Timers refuse more than 49 days, and a clock that was set back should not be trusted for longer than this.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(GrainId, string), StoredReminder> _current = [];
    private readonly PriorityQueue<StoredReminder, DateTimeOffset> _queue = new();
    private ITimer? _timer;
    private bool _stopped;

    private TimeProvider Clock => engine.Runtime.Clock;

    public async Task StartAsync()
    {
        var stored = await engine.Store.ReadRemindersAsync();
        lock (_gate)
        {
            _timer = Timers.Create(Clock, static reminders => ((Reminders)reminders!).Ring(), this, Timeout.InfiniteTimeSpan);
            foreach (var reminder in stored)
                Add(reminder);
        }
        Ring();
    }

    // The order of writes in the store has to be the order of changes here, so both happen under the gate: else a ring that ends just now
    // could write back what its grain forgets.
    public Task SetAsync(StoredReminder reminder)
    {
        lock (_gate)
        {
            Add(reminder);
            Wait();
            return engine.Store.SetReminderAsync(reminder);
        }
    }

    public Task RemoveAsync(GrainId grain, string name)
    {
        lock (_gate)
        {
            _current.Remove((grain, name));
            return engine.Store.RemoveReminderAsync(grain, name);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            _timer?.Dispose();
        }
    }

    // A reminder that was reset or forgotten stays in the queue and is recognised there by no longer being the current one.
    private void Add(StoredReminder reminder)
    {
        _current[(reminder.Grain, reminder.Name)] = reminder;
        _queue.Enqueue(reminder, reminder.Due);
    }

    private bool IsCurrent(StoredReminder reminder) =>
        _current.TryGetValue((reminder.Grain, reminder.Name), out var current) && ReferenceEquals(current, reminder);

    private void Wait()
    {
        while (_queue.TryPeek(out var first, out _) && !IsCurrent(first))
            _queue.Dequeue();
        if (_stopped || _timer is null || !_queue.TryPeek(out _, out var due))
            return;
        var wait = due - Clock.GetUtcNow();
        _timer.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait < LongestWait ? wait : LongestWait, Timeout.InfiniteTimeSpan);
    }

    private void Ring()
    {
        List<StoredReminder> due = [];
        lock (_gate)
        {
            if (_stopped)
                return;
            while (_queue.TryPeek(out var first, out var at) && at <= Clock.GetUtcNow())
            {
                _queue.Dequeue();
                if (IsCurrent(first))
                    due.Add(first);
            }
            Wait();
        }
        due.ForEach(Ring);
    }

    private void Ring(StoredReminder reminder)
    {
        if (engine.KindOf(reminder.Grain.Name) is not { IsReminded: true } kind)
        {
            engine.Log.LogWarning("The reminder {Name} of {Grain} finds no class that is IReminded, and is kept", reminder.Name, reminder.Grain);
            return;
        }
        var call = new RootCall("RemindedAsync", grain => ((IReminded)grain).RemindedAsync(reminder.Name), _ => SetNext(reminder));
        if (!engine.SendRoot(kind, reminder.Grain.Key, call))
            SetNext(reminder);
    }

    // Whatever fails in here is logged in here: nobody waits for it.
    private async void SetNext(StoredReminder reminder)
    {
        var now = Clock.GetUtcNow();
        var missed = Math.Max(0, (now - reminder.Due).Ticks / reminder.Period.Ticks);
        var next = reminder with { Due = reminder.Due + ((missed + 1) * reminder.Period) };
        try
        {
            Task written;
            lock (_gate)
            {
                if (_stopped || !IsCurrent(reminder))
                    return;
                Add(next);
                Wait();
                written = engine.Store.SetReminderAsync(next);
            }
            await written;
        }
        catch (Exception e)
        {
            engine.Log.LogError(e, "The next ring of {Grain}'s reminder {Name} was not stored; after a restart it rings early", reminder.Grain, reminder.Name);
        }
    }
}
