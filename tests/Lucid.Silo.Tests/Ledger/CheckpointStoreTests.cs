using Lucid.Evidence;
using Lucid.Evidence.Notes;
using Lucid.GrainInterfaces.Chain;
using Lucid.Silo.Ledger;

namespace Lucid.Silo.Tests.Ledger;

public sealed class CheckpointStoreTests : IDisposable
{
    private static readonly ulong[] _sizes = [0, 3, 4, 10, 70_000];

    private readonly TempFolder _temp = new();

    private string FilePath => Path.Combine(_temp.Data.Root, "checkpoints.db");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Publish_Several_AreFoundBySizeAfterReopening()
    {
        await PublishAsync(_sizes);
        using var store = CheckpointStore.Open(FilePath);
        Assert.Equal(70_000UL, store.PublishedSize);
        Assert.Equal(Note(70_000), store.Published);
        foreach (var size in _sizes)
            Assert.Equal(Note(size), await store.ReadAsync(size, default));
        foreach (var size in new ulong[] { 1, 5, 69_999, 70_001 })
            Assert.Null(await store.ReadAsync(size, default));
    }

    [Fact]
    public async Task Open_Empty_HasNone()
    {
        using var store = CheckpointStore.Open(FilePath);
        Assert.Null(store.Published);
        Assert.Equal(0UL, store.PublishedSize);
        Assert.Null(await store.ReadAsync(0, default));
    }

    [Fact]
    public async Task Publish_NotLarger_IsRefused()
    {
        using var store = CheckpointStore.Open(FilePath);
        await store.PublishAsync(5, Note(5), default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.PublishAsync(5, Note(5), default));
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.PublishAsync(4, Note(4), default));
        Assert.Equal(Note(5), store.Published);
    }

    [Theory]
    [InlineData("not a database")]
    [InlineData("another size's note")]
    public async Task Open_Damaged_IsRefusedAndNamed(string damage)
    {
        if (damage == "not a database")
        {
            File.WriteAllText(FilePath, new string('x', 10_000));
        }
        else
        {
            using var store = CheckpointStore.Open(FilePath);
            await store.PublishAsync(5, Note(6), default);
        }
        Assert.Equal(FilePath, Assert.Throws<LedgerDamagedException>(() => CheckpointStore.Open(FilePath)).File);
    }

    private async Task PublishAsync(ulong[] sizes)
    {
        using var store = CheckpointStore.Open(FilePath);
        foreach (var size in sizes)
            await store.PublishAsync(size, Note(size), default);
    }

    private static byte[] Note(ulong size) => new NoteSigner("example.org/log", SampleChain.Key("log"))
        .SignNote(new Checkpoint("example.org/log", size, Hash256.Of("root"u8)).ToText()).Encode();
}
