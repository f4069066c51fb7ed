namespace Lucid.Bench;

/// <summary>A folder of a benchmark's own below TMPDIR, gone when it is done.</summary>
internal sealed class TempFolder : IDisposable
{
    private const int Tries = 50;
    private static readonly TimeSpan _betweenTries = TimeSpan.FromMilliseconds(100);

    private readonly IDisposable _cleanup;

    public TempFolder() => _cleanup = Cleanup.Register(EndAsync);

    public string Path { get; } = Directory.CreateTempSubdirectory("lucid-bench-").FullName;

    public void Dispose()
    {
        _cleanup.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    /// <summary>While this very process still writes there, or deletes it too, which it goes on doing until it ends.</summary>
    private async Task EndAsync()
    {
        for (var tried = 1; Directory.Exists(Path); tried++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException) when (tried < Tries)
            {
                await Task.Delay(_betweenTries, TimeProvider.System);
            }
        }
    }
}
