using Lucid.Silo.Storage;

namespace Lucid.Silo.Tests;

/// <summary>A data directory of a test's own, gone when the test is.</summary>
public sealed class TempFolder : IDisposable
{
    public DataFolder Data { get; } = new(Directory.CreateTempSubdirectory("lucid-test-").FullName);

    public void Dispose() => Directory.Delete(Data.Root, recursive: true);
}
