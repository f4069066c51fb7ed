using Lucid.Engine.Cluster.Storage;
using Lucid.Engine.Contract;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Cluster.Tests;

/// <summary>That of two activations of one grain only one can write.</summary>
public sealed class FenceTests(ContractCluster cluster) : IClassFixture<ContractCluster>
{
    [Fact]
    public async Task Write_OfAnActivationThatIsStale_IsRefused_AndTheNextCallStartsFromWhatIsStored()
    {
        var counter = cluster.Cluster.Grains.Get<ICounterGrain>("fenced");
        await counter.AddAsync(1);
        await cluster.Cluster.Store.SaveAsync(new StoredId("counter", "fenced"), 1, """{"sum":40}"""u8.ToArray());
        await Assert.ThrowsAsync<StateConflictException>(() => counter.AddAsync(1));
        Assert.Equal(42, await counter.AddAsync(2));
    }

    [Fact]
    public async Task Append_AfterTheStateWasWrittenElsewhere_IsRefused()
    {
        var journal = cluster.Cluster.Grains.Get<IJournalGrain>("fenced");
        await journal.AppendAsync("mine");
        await cluster.Cluster.Store.AppendAsync(new StoredId("journal", "fenced"), 1, "lines", """{"text":"theirs","number":1}"""u8.ToArray());
        await Assert.ThrowsAsync<StateConflictException>(() => journal.AppendAsync("late"));
        Assert.Equal(2, await journal.AppendAsync("again"));
        Assert.Equal(["mine", "theirs", "again"], (await journal.ReadAsync(0, 10)).Select(line => line.Text));
    }
}
