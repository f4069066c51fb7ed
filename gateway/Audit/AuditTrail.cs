using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Meta;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Audit;

/// <summary>
/// The gateway's way into the audit log. One append is under way at a time, and what comes meanwhile goes with the next one. The queue is bounded:
/// beyond it an action that has to be recorded is refused, and of anything else it is counted how much was left out.
/// </summary>
internal sealed class AuditTrail(IGrains grains, GatewayOptions options, TimeProvider clock, ILogger<AuditTrail> log) : IHostedLifecycleService, IDisposable
{
    /// <summary>Events that wait at most; each has a few hundred bytes.</summary>
    public const int MaxWaiting = 2_048;

    // Also how soon what could not be appended is tried again.
    private static readonly TimeSpan _tick = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiting> _queue = [];
    private readonly EventCounts _counts = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private long _leftOut;
    private bool _ended;
    private bool _isDisposed;

    /// <summary>Appends an event, and returns once it is durable.</summary>
    /// <exception cref="AuditUnavailableException">It could not be: whoever wants to act must not.</exception>
    public async Task RecordAsync(AuditEvent happened)
    {
        var waiting = new Waiting(happened, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        // One that does not fit would have all of its batch refused.
        if (!IsFit(happened) || !TryQueue(waiting))
            throw new AuditUnavailableException("The audit log takes no more events for now, and nothing is done that it cannot tell of.");
        _wake.Writer.TryWrite(true);
        await waiting.Durable!.Task;
    }

    /// <summary>Record, then do: appends that something begins, does it, and tells what it came to.</summary>
    /// <param name="begun">With <see cref="AuditOutcome.Begun"/>.</param>
    /// <exception cref="AuditUnavailableException">That it begins could not be appended; nothing was done.</exception>
    public async Task<T> RecordAsync<T>(AuditEvent begun, Func<Task<T>> action)
    {
        await RecordAsync(begun);
        T done;
        try
        {
            done = await action();
        }
        catch (Exception failure)
        {
            var kind = ErrorMapping.Map(failure).Kind;
            Tell(Ended(begun, AuditedExtensions.OutcomeOf(kind)) with { Details = begun.Details.SetItem("code", kind.Code) });
            throw;
        }
        Tell(Ended(begun, AuditOutcome.Success));
        return done;
    }

    /// <summary>Appends an event some time soon.</summary>
    public void Tell(AuditEvent happened)
    {
        if (!IsFit(happened) || !TryQueue(new Waiting(happened, null)))
            Interlocked.Increment(ref _leftOut);
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Counts a refusal, or what else there may be as many of as strangers like: see <see cref="EventCounts"/>.</summary>
    /// <param name="code">Why it was refused, such as LUCID_ERR_2003; empty where it was not.</param>
    /// <param name="account">The user whom somebody names without having shown to be them; empty where there is none.</param>
    public void Count(AuditEvent happened, string code = "", string account = "") => _counts.Add(happened, code, account);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = RunAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    /// <summary>Says under which options the gateway runs, those that open it above all.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var access = options.Access;
        var details = ImmutableDictionary<string, string>.Empty
            .Add("software", ProductVersion.Text).Add("environment", options.Environment)
            .Add("public", access.IsPublic ? "true" : "false").Add("admit_strangers", access.AdmitStrangers ? "true" : "false")
            .Add("trusted_proxies", AuditEvent.Clean(access.TrustedProxies, 128)).Add("origins", AuditEvent.Clean(access.Origins, 128));
        var isOpen = access.AdmitStrangers || access.AllowedOrigins.Contains("*", StringComparer.Ordinal);
        Tell(new AuditEvent
        {
            TimeMs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            Kind = AuditKind.SystemConfiguration,
            Action = "gateway_started",
            Outcome = AuditOutcome.Success,
            Severity = isOpen ? AuditSeverity.Warning : AuditSeverity.Info,
            Resource = $"gateway/{options.Node}",
            Details = details,
        });
        return Task.CompletedTask;
    }

    /// <summary>Hosts stop in the order opposite to the start: the web server has ended by now, and the engine has not.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running;
        await EndAsync();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>May come twice: the container knows the trail as itself and as what it hosts.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        // A host that is not stopped but only disposed leaves the loop to end by itself.
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private AuditEvent Ended(AuditEvent begun, AuditOutcome outcome) => begun with { TimeMs = clock.GetUtcNow().ToUnixTimeMilliseconds(), Outcome = outcome };

    private async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(_tick, clock);
        var ticking = TickAsync(timer, stopping);
        try
        {
            while (await _wake.Reader.ReadAsync(stopping))
                await AppendAllAsync();
        }
        catch (OperationCanceledException)
        {
            await ticking;
        }
    }

    private async Task TickAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
                TellCounts(_counts.Take(clock.GetUtcNow()));
        }
        catch (OperationCanceledException)
        {
            // The gateway stops; what was counted goes with the last append.
        }
    }

    private void TellCounts(IEnumerable<AuditEvent> counted)
    {
        foreach (var many in counted)
            Tell(many);
        var left = Interlocked.Read(ref _leftOut);
        if (left > 0 && TryQueue(new Waiting(LeftOut(left), null)))
            Interlocked.Add(ref _leftOut, -left);
        _wake.Writer.TryWrite(true);
    }

    /// <summary>The last append before the gateway ends, of what it could not tell before.</summary>
    private async Task EndAsync()
    {
        TellCounts(_counts.Take(DateTimeOffset.MaxValue));
        await AppendAllAsync();
        // Of what was left out while the queue was full, too.
        TellCounts([]);
        await AppendAllAsync();
        List<Waiting> left;
        lock (_gate)
        {
            _ended = true;
            left = [.. _queue];
            _queue.Clear();
        }
        foreach (var waiting in left)
            waiting.Durable?.TrySetException(new AuditUnavailableException("The gateway is stopping."));
        if (left.Count + _leftOut is > 0 and var lost)
            log.LogWarning("{Count} events did not reach the audit log before the gateway stopped", lost);
    }

    private AuditEvent LeftOut(long count) => new()
    {
        TimeMs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        Kind = AuditKind.SecurityEvent,
        Action = "events_left_out",
        Severity = AuditSeverity.Critical,
        Outcome = AuditOutcome.Failed,
        Resource = $"gateway/{options.Node}",
        Details = ImmutableDictionary<string, string>.Empty.Add("count", count.ToString(CultureInfo.InvariantCulture)),
    };

    private bool TryQueue(Waiting waiting)
    {
        lock (_gate)
        {
            if (_ended || _queue.Count >= MaxWaiting)
                return false;
            _queue.AddLast(waiting);
            return true;
        }
    }

    /// <summary>Whether a record can hold it, whatever its place will be. What cannot is a mistake of ours.</summary>
    private bool IsFit(AuditEvent happened)
    {
        try
        {
            new AuditRecord(Hash256.Zero, 0, Hash256.Zero, happened).Encode();
            return true;
        }
        catch (Exception unfit) when (unfit is MalformedException or ArgumentException)
        {
            log.LogError("No audit record can hold the event {Action} ({Reason})", happened.Action, unfit.Message);
            return false;
        }
    }

    private async Task AppendAllAsync()
    {
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                await grains.Get<IAuditGrain>(options.Ledger).AppendAsync(new AuditBatch([.. batch.Select(waiting => waiting.Event)]));
            }
            catch (Exception failure)
            {
                Fail(batch, failure);
                return;
            }
            foreach (var waiting in batch)
                waiting.Durable?.TrySetResult();
        }
    }

    /// <summary>Whoever waits is told; what nobody waits for is tried again with the next tick.</summary>
    private void Fail(List<Waiting> batch, Exception failure)
    {
        // Not what is in the events: the log of a process tells less than the audit log.
        log.LogWarning("{Count} events could not be appended to the audit log ({Reason})", batch.Count, failure.Message);
        lock (_gate)
        {
            foreach (var waiting in batch.Where(waiting => waiting.Durable is null).Reverse())
                _queue.AddFirst(waiting);
        }
        foreach (var waiting in batch)
        {
            waiting.Durable?.TrySetException(failure as AuditUnavailableException ??
                new AuditUnavailableException("The audit log cannot be written to now, and nothing is done that it cannot tell of."));
        }
    }

    private List<Waiting> Take()
    {
        var batch = new List<Waiting>();
        lock (_gate)
        {
            while (batch.Count < AuditBatch.MaxEvents && _queue.First is { } first)
            {
                batch.Add(first.Value);
                _queue.RemoveFirst();
            }
        }
        return batch;
    }

    private sealed record Waiting(AuditEvent Event, TaskCompletionSource? Durable);
}
