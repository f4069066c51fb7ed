using Lucid.Silo.Storage;

namespace Lucid.Bench.Load;

/// <summary>
/// Writes and flushes 4 KiB four times a second beside the node, on the same file system: what the disk alone took meanwhile. Tails of a
/// node on a disk that others use too are to be read beside it.
/// </summary>
internal sealed class BareDisk : IAsyncDisposable
{
    private readonly List<double> _seconds = [];
    private readonly CancellationTokenSource _over = new();
    private readonly Task _running;

    public BareDisk(string folder) => _running = Task.Factory.StartNew(() => RunAsync(folder), TaskCreationOptions.LongRunning).Unwrap();

    public async Task<Sample> StopAsync()
    {
        await _over.CancelAsync();
        await _running;
        return new Sample(_seconds.DefaultIfEmpty());
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _running;
        _over.Dispose();
    }

    private async Task RunAsync(string folder)
    {
        var path = Path.Combine(folder, "bare-disk");
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            while (!_over.IsCancellationRequested)
            {
                var started = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, new byte[4096], 0);
                DurableFile.Sync(file);
                _seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
                await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, CancellationToken.None);
            }
        }
        File.Delete(path);
    }
}
