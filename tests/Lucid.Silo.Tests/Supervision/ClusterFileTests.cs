using Lucid.Silo.Supervision;

namespace Lucid.Silo.Tests.Supervision;

/// <summary>Which ports a cluster on one machine takes, and that it keeps them.</summary>
public sealed class ClusterFileTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private int _next = 20_000;

    private string FilePath => Path.Combine(_folder.Data.Root, "cluster.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ports_OnceChosen_AreTheSameAtTheNextStart()
    {
        var chosen = ClusterFile.Read(FilePath).For(3, _ => true, Chance);
        chosen.Write(FilePath);
        var read = ClusterFile.Read(FilePath);
        Assert.Equal(["silo-1", "silo-2", "silo-3"], read.Silos.Select(silo => silo.Name));
        Assert.Equal(chosen.Silos, read.Silos);
        Assert.Same(read, read.For(3, _ => true, Chance));
        Assert.Equal(9, read.Silos.SelectMany(silo => silo.All()).Distinct().Count());
    }

    [Fact]
    public void Ports_ThatSomebodyElseHas_AreReplaced_AndOnlyThose()
    {
        var before = new ClusterFile([]).For(2, _ => true, Chance);
        var after = before.For(2, port => port != before.Silos[1].Gateway, Chance);
        Assert.Equal(before.Silos[0], after.Silos[0]);
        Assert.Equal((before.Silos[1].Silo, before.Silos[1].Recorder), (after.Silos[1].Silo, after.Silos[1].Recorder));
        Assert.DoesNotContain(after.Silos[1].Gateway, before.Silos.SelectMany(silo => silo.All()));
    }

    [Fact]
    public void Ports_OfSilosThatAreNotStarted_AreKept()
    {
        var three = new ClusterFile([]).For(3, _ => true, Chance);
        Assert.Same(three, three.For(1, port => three.Silos[0].All().Contains(port), Chance));
    }

    [Fact]
    public void Ports_AreNeverTakenTwice_ThoughChanceOffersThem()
    {
        var offers = new Queue<int>([20_000, 20_000, 20_001, 20_001, 20_002]);
        Assert.Equal([new SiloPorts("silo-1", 20_000, 20_001, 20_002)], new ClusterFile([]).For(1, _ => true, (_, _) => offers.Dequeue()).Silos);
    }

    [Theory]
    [InlineData("{ \"silos\": [ { \"name\": \"silo-1\" ")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{ \"silos\": [ null ] }")]
    [InlineData("{ \"silos\": [ { \"name\": \"silo-2\", \"silo\": 1, \"gateway\": 2, \"recorder\": 3 } ] }")]
    [InlineData("{ \"silos\": [ { \"name\": \"silo-1\", \"silo\": 1, \"gateway\": 2, \"recorder\": 65536 } ] }")]
    public void File_ThatIsDamaged_IsNamed_WithTheCure(string text)
    {
        File.WriteAllText(FilePath, text);
        Assert.Equal(
            $"{FilePath} holds no ports of silos. Delete the file, and the next start chooses new ones.",
            Assert.Throws<InvalidDataException>(() => ClusterFile.Read(FilePath)).Message);
    }

    private int Chance(int from, int below) => _next < below ? _next++ : from;
}
