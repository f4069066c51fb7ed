using System.Diagnostics;
using System.Text.Json;
using Lucid.Cli.Node;
using Lucid.Cli.Output;

namespace Lucid.Cli.Demo;

/// <summary>
/// `lucid verify` as a process of its own with an empty home: what someone elsewhere has, who got the evidence file and the validators file.
/// </summary>
/// <param name="home">A folder in which nothing is.</param>
/// <param name="validators">The validators file.</param>
internal sealed class FreshVerifier(string home, string validators)
{
    /// <returns>The report, and the exit code.</returns>
    public async Task<(ReportJson Report, int ExitCode)> VerifyAsync(string evidence, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(DotnetHost.Path) { RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(FreshVerifier).Assembly.Location);
        foreach (var argument in (string[])["verify", evidence, "--validators", validators, "--json"])
            start.ArgumentList.Add(argument);
        start.Environment["LUCID_HOME"] = home;
        using var process = Process.Start(start) ?? throw new CliException("The verifier could not be started.", ExitCode.CheckFailed);
        try
        {
            var text = await process.StandardOutput.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            var report = JsonSerializer.Deserialize<ReportJson>(text, JsonOutput.Options)
                ?? throw new CliException("The verifier said nothing.", ExitCode.CheckFailed);
            return (report, process.ExitCode);
        }
        catch (JsonException e)
        {
            throw new CliException($"The verifier ended with {process.ExitCode} and no report.", e, ExitCode.CheckFailed);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
