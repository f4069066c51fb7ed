using System.ComponentModel;
using System.Diagnostics;
using Lucid.Silo.Certificates;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Tests.Certificates;

/// <summary>Runs the commands of docs/cluster-certificates.md as they stand there.</summary>
public sealed class CertificatesPageTests
{
    [Fact]
    public async Task Commands_OfThePage_MakeWhatANodeReads()
    {
        using var folder = new TempFolder();
        var fences = (await File.ReadAllTextAsync(Repository.File("docs/cluster-certificates.md"))).Split("```\n");
        var commands = fences.Where((_, i) => i % 2 == 1).ToList();
        Assert.Equal(2, commands.Count);
        await RunAsync(folder.Data.Root, commands[0]);
        await RunAsync(folder.Data.Root, commands[1]);
        await RunAsync(folder.Data.Root, commands[1].Replace("node1", "node2", StringComparison.Ordinal));
        using var first = Read("node1");
        using var second = Read("node2");
        Assert.True(first.IsTrusted(second.Certificate));
        Assert.Equal("CN=node2", second.Certificate.Subject);
        Assert.InRange(first.ExpiresAt, TimeProvider.System.GetUtcNow().AddDays(364), TimeProvider.System.GetUtcNow().AddDays(366));

        ClusterCertificates Read(string node) => ClusterCertificates.Read(new ClusterOptions
        {
            Certificate = Path.Combine(folder.Data.Root, $"{node}.pem"),
            CertificateKey = Path.Combine(folder.Data.Root, $"{node}.key"),
            Authority = Path.Combine(folder.Data.Root, "authority.pem"),
        }, TimeProvider.System, new LoggedLines<ClusterCertificates>())!;
    }

    private static async Task RunAsync(string folder, string commands)
    {
        try
        {
            using var openssl = Process.Start(new ProcessStartInfo("openssl", ["version"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
            var version = await openssl.StandardOutput.ReadToEndAsync();
            await openssl.WaitForExitAsync();
            Assert.SkipUnless(version.StartsWith("OpenSSL 3", StringComparison.Ordinal), $"openssl here is {version.Trim()}; the page is for OpenSSL 3");
        }
        catch (Win32Exception)
        {
            Assert.Skip("there is no openssl here");
        }
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-e", "-c", commands]) { WorkingDirectory = folder, RedirectStandardError = true, UseShellExecute = false })!;
        var said = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, $"{commands}\n{said}");
    }
}
