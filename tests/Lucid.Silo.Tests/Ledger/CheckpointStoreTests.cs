using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Lucid.Silo.Ledger;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Ledger;

public sealed class CheckpointStoreTests : IDisposable
{
    private static readonly ulong[] _sizes = [0, 3, 4, 10, 70_000];

    private readonly SampleChain _chain = new();
    private readonly TempFolder _temp = new();

    private string FilePath => Path.Combine(_temp.Data.Root, "checkpoints.db");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Publish_Several_AreFoundBySizeAfterReopening()
    {
        await PublishAsync(_sizes);
        using var store = Open();
        Assert.Equal(70_000UL, store.Published!.Size);
        Assert.Equal(Note(70_000), store.Published.Note);
        foreach (var size in _sizes)
            Assert.Equal(Note(size), await store.ReadAsync(size, default));
        foreach (var size in new ulong[] { 1, 5, 69_999, 70_001 })
            Assert.Null(await store.ReadAsync(size, default));
    }

    [Fact]
    public async Task Open_Empty_HasNone()
    {
        using var store = Open();
        Assert.Null(store.Published);
        Assert.Equal(0UL, ((ICheckpointStore)store).PublishedSize);
        Assert.Null(await store.ReadAsync(0, default));
    }

    [Fact]
    public async Task Publish_NotLarger_IsRefused()
    {
        using var store = Open();
        await store.PublishAsync(5, Note(5), default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.PublishAsync(5, Note(5), default));
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.PublishAsync(4, Note(4), default));
        Assert.Equal(Note(5), store.Published!.Note);
    }

    public static TheoryData<string> Damages => ["not a database", "empty", "another size's note", "another note", "a flipped bit"];

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Open_Damaged_BeginsAnew_AndKeepsTheDamagedFile(string damage)
    {
        await DamageAsync(damage);
        using var store = Open();
        if (damage == "empty")
            return;
        Assert.Null(store.Published);
        Assert.True(File.Exists(FilePath + ".damaged"));
        await store.PublishAsync(5, Note(5), default);
    }

    [Fact]
    public async Task Read_OfADamagedNote_IsNone_SoThatItIsMadeAgain()
    {
        await PublishAsync([5, 6]);
        using var store = Open();
        Execute("UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 6) WHERE size = 5");
        Assert.Null(await store.ReadAsync(5, default));
        Assert.Equal(Note(6), await store.ReadAsync(6, default));
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Open_DamagedWithOthersSignaturesInIt_IsRefusedAndNamed(string damage)
    {
        await DamageAsync(damage);
        if (damage == "empty")
            return;
        var validators = _chain.Genesis.Validators.Validators;
        var others = Enumerable.Range(2, 3).Select(i => new Validator($"node-{i}", SampleChain.Key($"{i}").PublicKey, SampleChain.Key($"c{i}").PublicKey));
        var genesis = new Genesis("test-net", 1_700_000_000_000, new LedgerParameters(), [.. validators, .. others]);
        Assert.Equal(FilePath, Assert.Throws<LedgerDamagedException>(
            () => CheckpointStore.Open(FilePath, new CheckpointRules(genesis, _chain.Keys), NullLogger.Instance)).File);
    }

    private async Task DamageAsync(string damage)
    {
        switch (damage)
        {
            case "not a database":
                await File.WriteAllTextAsync(FilePath, new string('x', 10_000));
                break;
            case "empty":
                await File.WriteAllBytesAsync(FilePath, []);
                break;
            case "another size's note":
                await PublishAsync([5]);
                Execute("UPDATE checkpoints SET size = 6");
                break;
            case "another note":
                await PublishAsync([5]);
                Execute("UPDATE checkpoints SET note = x'00'");
                break;
            default:
                await PublishAsync([5]);
                Execute("UPDATE checkpoints SET note = CAST(replace(CAST(note AS TEXT), 'A', 'B') AS BLOB)");
                break;
        }
    }

    private void Execute(string sql)
    {
        SqliteLibrary.Load();
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private CheckpointStore Open() => CheckpointStore.Open(FilePath, new CheckpointRules(_chain.Genesis, _chain.Keys), NullLogger.Instance);

    private async Task PublishAsync(ulong[] sizes)
    {
        using var store = Open();
        foreach (var size in sizes)
            await store.PublishAsync(size, Note(size), default);
    }

    private byte[] Note(ulong size) => SampleChain.Checkpoint(_chain.Genesis, _chain.Keys, size);
}
