using System.Globalization;
using System.Security.Cryptography;
using Lucid.Engine.Embedded.Testing;

namespace Lucid.Silo.Tests.Kills;

/// <summary>
/// A real node, killed with kill -9 at random moments. LUCID_SEED=… draws the same moments again; how far the node is then is up to the
/// machine. LUCID_ROUNDS=300 soaks it.
/// </summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Kill_AtAnyMoment_LeavesEveryPromiseKept()
    {
        // Anchors are looked for more often than a person would need, so that more of them fall into a round.
        await File.WriteAllTextAsync(Path.Combine(_folder.Data.Root, "lucid.json"), """{ "Sessions": { "Tick": "00:00:00.200" } }""");
        await new KillRun(_folder, Number(Simulation.SeedVariable) ?? RandomNumberGenerator.GetInt32(int.MaxValue), output.WriteLine)
            .RunAsync(Number("LUCID_ROUNDS") ?? 24);
    }

    internal static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
