namespace Lucid.Silo.Recording;

/// <summary>
/// Where chunks are sealed: by size in one of three lanes, each with cores and places at the disk of its own, so that a chunk of some KiB
/// waits for its like and never for 10 MiB. The larger the chunks, the further the system puts a lane's threads behind everything else.
/// </summary>
public sealed class SealingLanes : IDisposable
{
    private const int Small = 64 * 1024;
    private const int Medium = 1024 * 1024;
    private readonly Lane[] _lanes;

    /// <param name="workers">Chunks of one lane that are stored at once, and computed on at once unless there are fewer cores.</param>
    public SealingLanes(int workers) => _lanes = [new Lane(workers, 0), new Lane(workers, 2), new Lane(workers, 5)];

    /// <summary>The lane for chunks of that many bytes.</summary>
    internal Lane For(int length) => _lanes[length <= Small ? 0 : length <= Medium ? 1 : 2];

    public void Dispose() => Array.ForEach(_lanes, lane => lane.Dispose());

    internal sealed class Lane(int workers, int niceness) : IDisposable
    {
        private readonly SemaphoreSlim _stores = new(workers);

        public CorePool Cores { get; } = new(Math.Min(workers, Environment.ProcessorCount), niceness);

        /// <summary>Runs work that waits for the disk, beside no more of its size than there are workers.</summary>
        public async Task StoreAsync(Func<Task> store, CancellationToken cancellation)
        {
            await _stores.WaitAsync(cancellation);
            try
            {
                await store();
            }
            finally
            {
                _stores.Release();
            }
        }

        public void Dispose()
        {
            Cores.Dispose();
            _stores.Dispose();
        }
    }
}
