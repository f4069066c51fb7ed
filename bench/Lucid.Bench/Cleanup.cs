namespace Lucid.Bench;

/// <summary>
/// What would be left behind if this process ended now: processes and folders. Each enters itself, and leaves when it is gone the ordinary
/// way; Ctrl-C ends the rest, the newest first, so that a folder goes after those who write there.
/// </summary>
internal static class Cleanup
{
    private static readonly Lock _gate = new();
    private static readonly List<Entry> _entries = [];
    private static bool _isOver;

    /// <exception cref="OperationCanceledException">Ctrl-C came before: end it yourself.</exception>
    public static IDisposable Register(Func<Task> endAsync)
    {
        lock (_gate)
        {
            if (_isOver)
                throw new OperationCanceledException();
            var entry = new Entry(endAsync);
            _entries.Add(entry);
            return entry;
        }
    }

    /// <summary>Ends all that is still there. What cannot be ended is told, and the next is tried.</summary>
    public static async Task RunAsync(TextWriter error)
    {
        List<Entry> left;
        lock (_gate)
        {
            _isOver = true;
            left = [.. _entries.AsEnumerable().Reverse()];
        }
        foreach (var entry in left)
        {
            try
            {
                await entry.EndAsync();
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                error.WriteLine($"lucid bench: {failed.Message}");
            }
        }
    }

    private sealed class Entry(Func<Task> endAsync) : IDisposable
    {
        public Task EndAsync() => endAsync();

        public void Dispose()
        {
            lock (_gate)
                _entries.Remove(this);
        }
    }
}
