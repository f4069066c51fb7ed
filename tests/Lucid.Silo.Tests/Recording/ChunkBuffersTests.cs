using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Tests.Recording;

public sealed class ChunkBuffersTests
{
    [Fact]
    public void Rent_AfterReturn_GivesTheSameAgain()
    {
        using var buffers = new ChunkBuffers(1 << 20, TimeProvider.System);
        var first = buffers.Rent(100_000);
        buffers.Return(first);
        Assert.Equal(first.Length, buffers.Kept);
        Assert.Same(first, buffers.Rent(90_000));
        Assert.Equal(0, buffers.Kept);
    }

    [Fact]
    public void Return_BeyondWhatMayWait_LetsGo()
    {
        using var buffers = new ChunkBuffers(3 << 20, TimeProvider.System);
        var some = Enumerable.Range(0, 10).Select(_ => buffers.Rent(1 << 20)).ToList();
        some.ForEach(buffers.Return);
        Assert.InRange(buffers.Kept, 2 << 20, 3 << 20);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * 1024)]
    [InlineData(ChunkLimits.MaxPlainBytes)]
    public void MemoryFor_IsWhatSealingRents(int length)
    {
        using var buffers = new ChunkBuffers(1 << 28, TimeProvider.System);
        var options = new RecordingOptions();
        using var cores = new CorePool(1);
        var sealer = new ChunkSealer(options, buffers, TimeProvider.System);
        using var key = Evidence.Encryption.SessionKey.Generate();
        var plain = buffers.Rent(length);
        Random(plain);
        using (sealer.Seal(cores, key, Guid.NewGuid(), 0, 0, new GrainInterfaces.Sessions.ChunkTimes(0, 1), plain.AsMemory(0, length), _ => { }))
        {
        }
        buffers.Return(plain);
        Assert.Equal(ChunkSealer.MemoryFor(length), buffers.Kept);
    }

    [Fact]
    public void Rent_MoreThanAChunkNeeds_IsRefused()
    {
        using var buffers = new ChunkBuffers(1 << 20, TimeProvider.System);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffers.Rent(ChunkLimits.MaxPlainBytes * 2));
    }

    /// <summary>Incompressible, which is when a chunk needs most.</summary>
    private static void Random(byte[] buffer) => new Random(1).NextBytes(buffer);
}
