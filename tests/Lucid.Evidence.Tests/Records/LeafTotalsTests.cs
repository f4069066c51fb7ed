using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Records;

public sealed class LeafTotalsTests
{
    [Fact]
    public void Add_ChunksAndGaps_AddsThemUp()
    {
        var totals = LeafTotals.None
            .Add(SampleRecords.Chunk(0) with { PlainLength = 10, CipherLength = 82, StartMs = 0, EndMs = 9_000 })
            .Add(SampleRecords.Gap(1) with { StartMs = 1_000, EndMs = 3_500 })
            .Add(SampleRecords.Chunk(2) with { PlainLength = 0, CipherLength = 72, StartMs = 3_500, EndMs = 4_000 });
        Assert.Equal(
            new LeafTotals
            {
                Leaves = 3,
                Chunks = 2,
                Gaps = 1,
                PlainBytes = 10,
                CipherBytes = 154,
                GapMs = 2_500,
                DurationMs = 9_000,
            },
            totals);
    }

    [Fact]
    public void Add_AGapInPlaceOfAChunk_TakesItsIndex() =>
        Assert.Equal(2UL, LeafTotals.None.Add(SampleRecords.Chunk(0)).Add(SampleRecords.Gap(1)).Add(SampleRecords.Chunk(2)).Chunks);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(0, 2)]
    [InlineData(0, 0)]
    public void Add_AnIndexThatDoesNotFollow_IsRefused(ulong first, ulong second) =>
        Assert.Throws<MalformedException>(() => LeafTotals.None.Add(SampleRecords.Chunk(first)).Add(SampleRecords.Chunk(second)));

    [Fact]
    public void Add_AChunkWithTheIndexOfAGap_IsRefused() =>
        Assert.Throws<MalformedException>(() => LeafTotals.None.Add(SampleRecords.Gap(0)).Add(SampleRecords.Chunk(0)));

    [Fact]
    public void Add_GapsBeyondWhatAManifestHolds_AreRefused() =>
        Assert.Throws<MalformedException>(() => LeafTotals.None
            .Add(SampleRecords.Gap(0) with { StartMs = 0, EndMs = Leaf.MaxMs })
            .Add(SampleRecords.Gap(1) with { StartMs = 0, EndMs = 1 }));
}
