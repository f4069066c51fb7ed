using Lucid.Cli.Output;

namespace Lucid.Cli.Demo;

/// <summary>Where the demo works. A temporary folder goes with the demo, however it ends; a named one stays.</summary>
internal sealed class DemoFolder : IDisposable
{
    private readonly bool _keep;

    private DemoFolder(string path, bool keep) => (Path, _keep) = (path, keep);

    public string Path { get; }

    /// <param name="keep">The folder to keep, or null for a temporary one.</param>
    /// <exception cref="CliException">It holds something already, or cannot be made.</exception>
    public static DemoFolder Create(string? keep)
    {
        if (keep is null)
            return new DemoFolder(Directory.CreateTempSubdirectory("lucid-demo-").FullName, keep: false);
        var path = System.IO.Path.GetFullPath(keep);
        try
        {
            Directory.CreateDirectory(path);
            if (Directory.EnumerateFileSystemEntries(path).Any())
                throw new CliException($"'{keep}' is not empty; name a new folder for the demo.");
            return new DemoFolder(path, keep: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"'{keep}' cannot be used: {Plain.Reason(e)}.", e);
        }
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (!_keep)
            Directory.Delete(Path, recursive: true);
    }
}
