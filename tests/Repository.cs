namespace Lucid.Tests;

/// <summary>Finds files of the repository from wherever the tests were built to.</summary>
internal static class Repository
{
    public static string File(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "Lucid.sln")))
                return Path.Combine(folder.FullName, path);
        }
        throw new InvalidOperationException($"No Lucid.sln above {AppContext.BaseDirectory}.");
    }
}
