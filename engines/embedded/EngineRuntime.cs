namespace Lucid.Engine.Embedded;

/// <summary>What an engine's turns run on, and the clock they read: the thread pool, or a <see cref="Testing.Simulation"/>.</summary>
public abstract class EngineRuntime
{
    private protected EngineRuntime() { }

    /// <summary>The thread pool, with the given clock or the system's.</summary>
    public static EngineRuntime ThreadPool(TimeProvider? clock = null) => new ThreadPoolRuntime(clock ?? TimeProvider.System);

    public abstract TimeProvider Clock { get; }

    /// <summary>How many steps one grain may take before the others have theirs.</summary>
    internal abstract int StepsInARow { get; }

    /// <summary>
    /// How the promise of a call is completed. On threads a caller must not go on inside the callee's turn. In a simulation the same flag
    /// would send continuations to the thread pool, and with them determinism.
    /// </summary>
    internal abstract TaskCreationOptions Promise { get; }

    internal abstract void Queue(IThreadPoolWorkItem work);

    private sealed class ThreadPoolRuntime(TimeProvider clock) : EngineRuntime
    {
        public override TimeProvider Clock => clock;
        internal override int StepsInARow => 64;
        internal override TaskCreationOptions Promise => TaskCreationOptions.RunContinuationsAsynchronously;
        internal override void Queue(IThreadPoolWorkItem work) =>
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: true);
    }
}
