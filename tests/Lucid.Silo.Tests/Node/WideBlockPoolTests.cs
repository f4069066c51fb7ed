using Lucid.Silo.Hosting;

namespace Lucid.Silo.Tests.Node;

public sealed class WideBlockPoolTests
{
    private readonly WideBlockPool _pool = new();

    [Fact]
    public void Rent_OfAnySizeThatFits_GivesAWholeBlock()
    {
        using var byDefault = _pool.Rent();
        using var small = _pool.Rent(1);
        using var largest = _pool.Rent(_pool.MaxBufferSize);
        Assert.All([byDefault, small, largest], block => Assert.Equal(_pool.MaxBufferSize, block.Memory.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => _pool.Rent(_pool.MaxBufferSize + 1));
    }

    [Fact]
    public void Block_Returned_IsRentedAgainOnce()
    {
        var first = _pool.Rent();
        first.Memory.Span[0] = 42;
        first.Dispose();
        first.Dispose();
        Assert.Throws<ObjectDisposedException>(() => first.Memory);
        using var second = _pool.Rent();
        using var third = _pool.Rent();
        Assert.Equal(42, second.Memory.Span[0]);
        third.Memory.Span[0] = 0;
        Assert.Equal(42, second.Memory.Span[0]);
    }

    [Fact]
    public void Pool_DisposedByOneConnection_ServesTheOthers()
    {
        _pool.Create().Dispose();
        using var block = _pool.Rent();
        Assert.Equal(_pool.MaxBufferSize, block.Memory.Length);
    }
}
