using System.Text;
using Lucid.Evidence;
using Lucid.Grains.Chain.Consensus;

namespace Lucid.Grains.Tests.Chain.Consensus;

public sealed class ProposerScheduleTests
{
    [Fact]
    public void Schedule_TheSameBlockAndSet_IsTheSameOrderOfAll()
    {
        var validators = new TestNetwork(4).Validators;
        var block = Hash256.Of("A"u8);
        var orders = Enumerable.Range(0, 50)
            .Select(index => ProposerSchedule.Order(Hash256.Of(Encoding.UTF8.GetBytes($"{index}")), validators)).ToList();
        Assert.Equal(ProposerSchedule.Order(block, validators), ProposerSchedule.Order(block, validators));
        Assert.All(orders, order => Assert.Equal([0, 1, 2, 3], order.Order()));
        Assert.Equal([0, 1, 2, 3], orders.Select(order => order[0]).Distinct().Order());
    }
}
