using System.Diagnostics;
using System.Globalization;

namespace Lucid.Grains.Tests.Chain.Consensus;

/// <summary>Every failure names its seed; LUCID_SEED=… runs that one alone.</summary>
public sealed class ConsensusSimulationTests(ITestOutputHelper output)
{
    private static readonly int[] Seeds =
        Environment.GetEnvironmentVariable("LUCID_SEED") is { Length: > 0 } seed
            ? [int.Parse(seed, CultureInfo.InvariantCulture)]
            : [.. Enumerable.Range(1, 12)];

    private void RunAll(SimulationOptions options)
    {
        var watch = Stopwatch.StartNew();
        foreach (var seed in Seeds)
        {
            var simulation = new ConsensusSimulation(seed, options);
            var fault = simulation.Run();
            output.WriteLine($"seed {seed}: {options} {simulation.Now} virtual, {simulation.Rounds} rounds at most, " +
                $"{simulation.Crashes} crashes, {simulation.Evidence} pieces of evidence; {watch.ElapsedMilliseconds} ms so far");
            Assert.True(fault is null, $"LUCID_SEED={seed} {options}: {fault}");
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 0)]
    [InlineData(4, 1)]
    [InlineData(5, 1)]
    [InlineData(6, 1)]
    [InlineData(7, 2)]
    public void Network_LossyWithCrashesAndLiars_AgreesAndGoesOn(int validators, int liars) =>
        RunAll(new SimulationOptions(validators, liars, validators == 7 ? 5UL : 8UL));

    [Fact]
    public void Network_TheSameSeed_GoesTheSameWay()
    {
        var options = new SimulationOptions(4, 1, 5);
        var runs = Enumerable.Range(0, 2).Select(_ =>
        {
            var simulation = new ConsensusSimulation(Seeds[0], options);
            return (simulation.Run(), simulation.Now, simulation.Rounds, simulation.Crashes, simulation.Evidence);
        }).ToList();
        Assert.Equal(runs[0], runs[1]);
    }

    [Fact]
    public void Check_AQuorumTooSmall_SeesDisagreement() =>
        AssertSeen("agreement", new SimulationOptions(4, 1, 8, Quorum: 1, Crashes: false));

    [Fact]
    public void Check_VotesForgottenInCrashes_SeesContradictions() =>
        AssertSeen("contradiction", new SimulationOptions(4, 0, 8, ForgetVotes: true));

    [Fact]
    public void Check_TooFewHonest_SeesThatNothingGoesOn() =>
        AssertSeen("liveness", new SimulationOptions(4, 0, 3, Quorum: 5, Crashes: false));

    private static void AssertSeen(string check, SimulationOptions options)
    {
        var faults = Enumerable.Range(1, 20).Select(seed => new ConsensusSimulation(seed, options).Run()).TakeWhile(fault =>
            fault?.StartsWith(check, StringComparison.Ordinal) != true).ToList();
        Assert.True(faults.Count < 20, $"No run of 20 broke {check}: {string.Join("; ", faults.Distinct(StringComparer.Ordinal))}");
    }
}
