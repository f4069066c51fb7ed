namespace Lucid.Bench;

/// <summary>A folder of a benchmark's own below TMPDIR, gone when it is done.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("lucid-bench-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
