using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Lucid.Cli.Demo;

/// <summary>A file like those that people have: some of it compresses well, some not at all.</summary>
internal static class SampleFile
{
    public const long Length = 72L * 1024 * 1024;

    /// <summary>Programs of this machine first, one after the other as often as needed; the last third is random.</summary>
    public static async Task WriteAsync(string path, CancellationToken cancellation)
    {
        const long programs = Length * 2 / 3;
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 0, FileOptions.Asynchronous);
        var assemblies = Directory.GetFiles(RuntimeEnvironment.GetRuntimeDirectory(), "*.dll").Order(StringComparer.Ordinal).ToList();
        for (var i = 0; file.Position < programs; i = (i + 1) % assemblies.Count)
        {
            var bytes = await File.ReadAllBytesAsync(assemblies[i], cancellation);
            await file.WriteAsync(bytes.AsMemory(0, (int)Math.Min(bytes.Length, programs - file.Position)), cancellation);
        }
        var random = new byte[1024 * 1024];
        while (file.Position < Length)
        {
            RandomNumberGenerator.Fill(random);
            await file.WriteAsync(random.AsMemory(0, (int)Math.Min(random.Length, Length - file.Position)), cancellation);
        }
    }
}
