using System.Text;
using Lucid.Evidence.Merkle;
using Lucid.GrainInterfaces.Chain;
using Lucid.Silo.Ledger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Ledger;

public sealed class LogFilesTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private string Folder => _temp.Data.Ledger;

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(3, 5)]
    [InlineData(255, 2)]
    [InlineData(5000, 9000)]
    public async Task Append_InTwoParts_HasTheTreesNodesEntriesAndRoot(int first, int second)
    {
        var tree = Tree(first + second);
        using (var log = Open())
        {
            await log.AppendAsync(Entries(0, first), default);
            await log.AppendAsync(Entries(first, second), default);
        }
        using var again = Open();
        Assert.Equal((ulong)(first + second), again.Size);
        Assert.Equal(tree.Root(), again.Root());
        for (var level = 0; again.Size >> level > 0; level++)
        {
            for (var index = 0UL; index < again.Size >> level; index++)
                Assert.Equal(tree.Nodes(level, index), again.Node(level, index));
        }
        for (var i = 0; i < first + second; i += 97)
            Assert.Equal(Entry(i), await again.EntryAsync((ulong)i, default));
    }

    [Fact]
    public async Task Node_NotComplete_IsRefused()
    {
        using var log = Open();
        await log.AppendAsync(Entries(0, 3), default);
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Node(0, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Node(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Node(64, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Node(-1, 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await log.EntryAsync(3, default));
    }

    [Fact]
    public async Task Truncate_ThenAppendOthers_IsTheTreeOfThose()
    {
        using var log = Open();
        await log.AppendAsync(Entries(0, 300), default);
        await log.TruncateAsync(77, default);
        Assert.Equal(Tree(77).Root(), log.Root());
        await log.AppendAsync(Entries(77, 400), default);
        Assert.Equal(Tree(477).Root(), log.Root());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => log.TruncateAsync(478, default));
    }

    /// <summary>From 2 entries to 4, and the power went: each file has all, half or nothing of what was new, in every combination.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Open_AnyCombinationOfTornTails_IsConsistent(bool marked)
    {
        using (var log = Open())
            await log.AppendAsync(Entries(0, 2), default);
        var before = Directory.GetFiles(Folder).ToDictionary(file => file, File.ReadAllBytes, StringComparer.Ordinal);
        using (var log = Open())
            await log.AppendAsync(Entries(2, 2), default);
        var after = Directory.GetFiles(Folder).ToDictionary(file => file, File.ReadAllBytes, StringComparer.Ordinal);
        var mark = Path.Combine(Folder, "size");
        var files = after.Keys.Where(file => file != mark).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(5, files.Length);
        var sizes = new HashSet<ulong>();
        for (var combination = 0; combination < 243; combination++)
        {
            File.WriteAllBytes(mark, marked ? after[mark] : before[mark]);
            for (var (i, rest) = (0, combination); i < files.Length; i++, rest /= 3)
            {
                var (old, grown) = (before.GetValueOrDefault(files[i])?.Length ?? 0, after[files[i]].Length);
                File.WriteAllBytes(files[i], after[files[i]][..(old + ((grown - old) * (rest % 3) / 2))]);
            }
            using var log = Open();
            Assert.InRange(log.Size, 2UL, marked ? 4UL : 2UL);
            Assert.Equal(Tree((int)log.Size).Root(), log.Root());
            if (log.Size < 4 && sizes.Add(log.Size))
            {
                await log.AppendAsync(Entries((int)log.Size, 4 - (int)log.Size), default);
                Assert.Equal(Tree(4).Root(), log.Root());
            }
        }
        Assert.Equal(marked ? [2, 3] : [2], sizes.Order());
    }

    [Fact]
    public async Task Open_MarkDamaged_BeginsEmptyForTheBlocksToFill()
    {
        using (var log = Open())
            await log.AppendAsync(Entries(0, 20), default);
        File.WriteAllBytes(Path.Combine(Folder, "size"), new byte[2 * TwinFile.CopySize]);
        using var again = Open();
        Assert.Equal(0UL, again.Size);
        await again.AppendAsync(Entries(0, 20), default);
        Assert.Equal(Tree(20).Root(), again.Root());
    }

    [Fact]
    public async Task Read_FileCutWhileOpen_IsRefusedAndNamed()
    {
        using var log = Open();
        await log.AppendAsync(Entries(0, 20), default);
        using (var file = new FileStream(Path.Combine(Folder, "hashes-01"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(32);
        Assert.EndsWith("hashes-01", Assert.Throws<LedgerDamagedException>(() => log.Node(1, 5)).File);
    }

    [Fact]
    public async Task Append_EntryTooLongForABundle_IsRefusedAndNothingIsWritten()
    {
        using var log = Open();
        await Assert.ThrowsAsync<ArgumentException>(() => log.AppendAsync([Entry(0), new byte[65_536]], default));
        Assert.Equal(0UL, log.Size);
    }

    private LogFiles Open() => LogFiles.Open(Folder, NullLogger.Instance);

    private static byte[] Entry(int i) => Encoding.UTF8.GetBytes($"entry {i} {new string('x', i % 13)}\n");

    private static List<ReadOnlyMemory<byte>> Entries(int from, int count) =>
        [.. Enumerable.Range(from, count).Select(i => (ReadOnlyMemory<byte>)Entry(i))];

    private static MerkleTree Tree(int size) => new(Enumerable.Range(0, size).Select(i => MerkleHash.Leaf(Entry(i))));
}
