using Lucid.Silo.Storage;

namespace Lucid.Silo.Tests.Storage;

public sealed class DirectWriteTests
{
    /// <summary>Below the disk's block, at it, around it; aligned, so that it goes directly where that is possible, and not.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(3_000_001)]
    public async Task Write_AnyLengthAndPlaceInMemory_IsTheSameFile(int length)
    {
        using var folder = new TempFolder();
        var buffer = GC.AllocateUninitializedArray<byte>(length + (2 * DirectWrite.Alignment), pinned: true);
        new Random(length).NextBytes(buffer);
        var aligned = DirectWrite.StartIn(buffer);
        foreach (var start in new[] { aligned, aligned + 1 })
        {
            var path = Path.Combine(folder.Data.Root, $"{start}");
            var content = buffer.AsMemory(start, length);
            var (handle, unfinished) = DurableFile.Begin(path);
            using (handle)
            {
                await DirectWrite.WriteAsync(handle, content, TestContext.Current.CancellationToken);
                DurableFile.Sync(handle);
            }
            DurableFile.Finish(unfinished, path, replace: false);
            Assert.True(content.Span.SequenceEqual(File.ReadAllBytes(path)), $"{length} bytes at {start}");
        }
    }

    [Fact]
    public void StartIn_APinnedBuffer_IsTheFirstAlignedByte()
    {
        for (var size = 5000; size < 40_000; size += 999)
            Assert.InRange(DirectWrite.StartIn(GC.AllocateUninitializedArray<byte>(size, pinned: true)), 0, DirectWrite.Alignment - 1);
    }
}
