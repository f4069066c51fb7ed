using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Lucid.Engine.Embedded.Storage;
using Microsoft.Extensions.Logging;

namespace Lucid.Engine.Embedded.Testing;

/// <summary>The run can make no more progress, or has made too much. The message says what waits and how to replay it.</summary>
public sealed class SimulationException(string message) : Exception(message);

/// <summary>
/// Runs whole engines on the calling thread in virtual time. Which of the things that are ready runs next is drawn from the seed, and time
/// passes only when nothing is ready: the same seed is the same run. Use a <see cref="MemoryGrainStore"/>; threads of any kind are refused.
/// </summary>
public sealed class Simulation : EngineRuntime
{
    /// <summary>The variable that replays a run.</summary>
    public const string SeedVariable = "LUCID_SEED";

    private readonly Random _random;
    private readonly VirtualClock _clock = new();
    private readonly List<IThreadPoolWorkItem> _ready = [];
    private readonly List<EmbeddedEngine> _engines = [];
    private readonly SimulationContext _context;
    private int _thread;
    private volatile string? _stranger;

    /// <param name="seed">From LUCID_SEED where that is set, else from here, else a new one.</param>
    public Simulation(int? seed = null)
    {
        Seed = int.TryParse(Environment.GetEnvironmentVariable(SeedVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? given
            : seed ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        _random = new Random(Seed);
        _context = new SimulationContext(this);
    }

    public int Seed { get; }

    /// <summary>How many steps have run so far; equal in two runs that were the same.</summary>
    public long Steps { get; private set; }

    /// <summary>The most steps of one <see cref="Run(Func{Task}, TimeSpan?)"/>. Default 100 million.</summary>
    public long StepLimit { get; init; } = 100_000_000;

    public override VirtualClock Clock => _clock;
    internal override int StepsInARow => 1;
    internal override TaskCreationOptions Promise => TaskCreationOptions.None;

    /// <summary>An engine of this simulation, in test mode with a seed drawn from this one's unless <paramref name="options"/> say otherwise.</summary>
    public EmbeddedEngine Engine(
        IGrainStore store, EmbeddedEngineOptions? options = null, IServiceProvider? services = null, ILogger<EmbeddedEngine>? log = null)
    {
        options ??= new EmbeddedEngineOptions();
        return new EmbeddedEngine(store, options with { Test = options.Test ?? new EngineTestMode { Seed = _random.Next() } }, services, this, log);
    }

    /// <summary>Runs until the task is done.</summary>
    /// <param name="limit">The most virtual time it may take; default 1 day.</param>
    /// <exception cref="SimulationException">Nothing is left to do and the task still waits, or a limit was reached.</exception>
    public void Run(Func<Task> body, TimeSpan? limit = null) => Run(async () =>
    {
        await body();
        return true;
    }, limit);

    /// <inheritdoc cref="Run(Func{Task}, TimeSpan?)"/>
    public T Run<T>(Func<Task<T>> body, TimeSpan? limit = null)
    {
        var before = SynchronizationContext.Current;
        var thread = _thread;
        _thread = Environment.CurrentManagedThreadId;
        SynchronizationContext.SetSynchronizationContext(_context);
        try
        {
            var task = body();
            Pump(task, limit ?? TimeSpan.FromDays(1));
            return task.GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"Replay this run with {SeedVariable}={Seed}.");
            e.Data["lucid_seed"] = Seed;
            ExceptionDispatchInfo.Throw(e);
            throw;
        }
        finally
        {
            _thread = thread;
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    internal void Watch(EmbeddedEngine engine) => _engines.Add(engine);

    internal override void Queue(IThreadPoolWorkItem work)
    {
        if (_thread != 0 && _thread != Environment.CurrentManagedThreadId)
            _stranger ??= Environment.StackTrace;
        lock (_ready)
            _ready.Add(work);
    }

    private void Pump(Task task, TimeSpan limit)
    {
        var until = _clock.GetUtcNow() + limit;
        var last = Steps + StepLimit;
        while (!task.IsCompleted)
        {
            if (_stranger is { } stack)
                throw new SimulationException($"Something left the simulation and came back on another thread, as after Task.Run or ConfigureAwait(false):\n{stack}");
            if (Steps++ == last)
                throw Stuck($"{StepLimit} steps were not enough");
            if (Draw() is { } work)
            {
                work.Execute();
                SynchronizationContext.SetSynchronizationContext(_context);
                continue;
            }
            // Timers run what waits for them right here; see Mailbox.Finish for why they see no context.
            SynchronizationContext.SetSynchronizationContext(null);
            var rang = _clock.RingNext(until);
            SynchronizationContext.SetSynchronizationContext(_context);
            if (!rang)
                throw Stuck($"Nothing more happens until {until:O}");
        }
    }

    private IThreadPoolWorkItem? Draw()
    {
        lock (_ready)
        {
            if (_ready.Count == 0)
                return null;
            var index = _random.Next(_ready.Count);
            var work = _ready[index];
            _ready[index] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            return work;
        }
    }

    private SimulationException Stuck(string why)
    {
        var waiting = _engines.SelectMany(engine => engine.Describe()).Take(20).ToList();
        var what = waiting.Count == 0 ? "no grain has a call; the run waits for something else" : string.Join("; ", waiting);
        return new SimulationException($"{why}, and the run is not done. Waiting: {what}. Replay with {SeedVariable}={Seed}.");
    }

    /// <summary>Where the test's own code runs.</summary>
    private sealed class SimulationContext(Simulation simulation) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => simulation.Queue(new Step(this, d, state));
        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Post it.");
        public override SynchronizationContext CreateCopy() => this;

        private sealed class Step(SimulationContext context, SendOrPostCallback d, object? state) : IThreadPoolWorkItem
        {
            public void Execute()
            {
                SetSynchronizationContext(context);
                d(state);
            }
        }
    }
}
