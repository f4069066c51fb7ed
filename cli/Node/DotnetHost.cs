using System.Runtime.InteropServices;

namespace Lucid.Cli.Node;

/// <summary>How a program of ours is started from its assembly: by the dotnet that runs us, which need not be the one in PATH.</summary>
internal static class DotnetHost
{
    public static string Path
    {
        get
        {
            var host = System.IO.Path.GetFullPath(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
            return File.Exists(host) ? host : "dotnet";
        }
    }
}
