using Lucid.GrainInterfaces.Chain;
using Lucid.Silo.Ledger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Ledger;

public sealed class BlockFilesTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private string Folder => _temp.Data.Ledger;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Append_OverSeveralFiles_IsReadBackAfterReopening()
    {
        var chain = await WriteAsync(8, perFile: 3);
        Assert.Equal(3, Directory.GetFiles(Folder).Length);
        using var blocks = Open(chain, perFile: 3);
        Assert.Equal(8UL, blocks.Height);
        foreach (var block in chain.Blocks)
            Assert.Equal(block.Encode(), (await blocks.ReadAsync(block.Header.Height, default))!.Encode());
        Assert.Null(await blocks.ReadAsync(0, default));
        Assert.Null(await blocks.ReadAsync(9, default));
        await blocks.AppendAsync(chain.Add(0), default);
        Assert.Equal(9UL, (await blocks.ReadAsync(9, default))!.Header.Height);
    }

    [Fact]
    public async Task Append_NotTheNextBlock_IsRefusedAndNothingIsWritten()
    {
        var chain = SampleChain.Of(3);
        using var blocks = Open(chain);
        await Assert.ThrowsAsync<InvalidOperationException>(() => blocks.AppendAsync(chain.Blocks[1], default));
        await Assert.ThrowsAsync<InvalidOperationException>(() => blocks.AppendAsync(chain.Blocks[0] with { Certificate = null }, default));
        await Assert.ThrowsAsync<InvalidOperationException>(() => blocks.AppendAsync(SampleChain.Of(1, name: "other").Blocks[0], default));
        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Fact]
    public async Task Open_LastRecordTornAtAnyByte_CutsItAway()
    {
        var chain = await WriteAsync(3);
        var file = Directory.GetFiles(Folder).Single();
        var whole = File.ReadAllBytes(file);
        var start = (int)Offsets(whole)[2];
        for (var length = start; length < whole.Length; length++)
        {
            File.WriteAllBytes(file, whole[..length]);
            AssertCut(chain, file, start);
        }
    }

    [Fact]
    public async Task Open_LastRecordWrongAtAnyByte_CutsItAway()
    {
        var chain = await WriteAsync(3);
        var file = Directory.GetFiles(Folder).Single();
        var whole = File.ReadAllBytes(file);
        var start = (int)Offsets(whole)[2];
        for (var at = start; at < whole.Length; at++)
        {
            File.WriteAllBytes(file, Flip(whole, at));
            AssertCut(chain, file, start);
        }
    }

    [Fact]
    public async Task Open_AfterATornRecord_AppendsAnew()
    {
        var chain = await WriteAsync(3);
        var file = Directory.GetFiles(Folder).Single();
        var whole = File.ReadAllBytes(file);
        File.WriteAllBytes(file, whole[..^5]);
        using (var blocks = Open(chain))
            await blocks.AppendAsync(chain.Blocks[2], default);
        Assert.Equal(whole, File.ReadAllBytes(file));
    }

    [Fact]
    public async Task Open_AnyByteOfAnEarlierRecordWrong_IsRefusedAndNamed()
    {
        var chain = await WriteAsync(3);
        var file = Directory.GetFiles(Folder).Single();
        var whole = File.ReadAllBytes(file);
        var (start, end) = ((int)Offsets(whole)[1], (int)Offsets(whole)[2]);
        for (var at = start; at < end; at++)
        {
            File.WriteAllBytes(file, Flip(whole, at));
            AssertRefused(chain, file, start, "good blocks follow");
            Assert.Equal(whole.Length, new FileInfo(file).Length);
        }
    }

    [Fact]
    public async Task Open_AnyByteOfTheHeadWrong_IsRefused()
    {
        var chain = await WriteAsync(1);
        var file = Directory.GetFiles(Folder).Single();
        var whole = File.ReadAllBytes(file);
        for (var at = 0; at < Offsets(whole)[0]; at++)
        {
            File.WriteAllBytes(file, Flip(whole, at));
            AssertRefused(chain, file, 0, "");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Open_FileMissing_IsRefusedAndNamed(int missing)
    {
        var chain = await WriteAsync(8, perFile: 3);
        var file = Directory.GetFiles(Folder).Order(StringComparer.Ordinal).ElementAt(missing);
        File.Delete(file);
        AssertRefused(chain, file, null, "missing");
    }

    [Fact]
    public async Task Open_FilesSwapped_IsRefused()
    {
        var chain = await WriteAsync(8, perFile: 3);
        var files = Directory.GetFiles(Folder).Order(StringComparer.Ordinal).ToArray();
        File.Move(files[0], files[0] + "x");
        File.Move(files[1], files[0]);
        File.Move(files[0] + "x", files[1]);
        AssertRefused(chain, files[0], 0, "not its name");
    }

    [Fact]
    public async Task Open_EarlierFileShortened_IsRefused()
    {
        var chain = await WriteAsync(8, perFile: 3);
        var file = Directory.GetFiles(Folder).Order(StringComparer.Ordinal).First();
        var bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..^1]);
        AssertRefused(chain, file, bytes.Length - 1, "bytes");
    }

    [Fact]
    public async Task Open_LaterFilesMissing_IsNoticedByWhatElseTheNodeKnows()
    {
        var chain = await WriteAsync(8, perFile: 3);
        File.Delete(Directory.GetFiles(Folder).Order(StringComparer.Ordinal).Last());
        Assert.Throws<LedgerDamagedException>(() => Open(chain, new ProvenBlocks(7, 0)));
        Assert.Throws<LedgerDamagedException>(() => Open(chain, new ProvenBlocks(0, 7)));
        Open(chain, new ProvenBlocks(6, 6)).Dispose();
    }

    [Fact]
    public async Task Open_LastRecordTornButVotedUpon_IsRefusedAndLeft()
    {
        var chain = await WriteAsync(3);
        var file = Directory.GetFiles(Folder).Single();
        var bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..^1]);
        Assert.Throws<LedgerDamagedException>(() => Open(chain, new ProvenBlocks(3, 0)));
        Assert.Equal(bytes.Length - 1, new FileInfo(file).Length);
    }

    [Fact]
    public async Task Open_BlockOfAnotherChainInPlace_IsRefused()
    {
        var chain = await WriteAsync(2);
        var file = Directory.GetFiles(Folder).Single();
        var bytes = File.ReadAllBytes(file);
        var start = (int)Offsets(bytes)[1];
        var other = new SampleChain();
        other.Add(3);
        var stranger = other.Add(1).Encode();
        File.WriteAllBytes(file, [.. bytes[..start], .. BlockSegment.Frame(2, stranger), .. stranger]);
        AssertRefused(chain, file, start, "the block before it is");
        File.WriteAllBytes(file, [.. bytes[..start], .. BlockSegment.Frame(3, stranger), .. stranger]);
        AssertRefused(chain, file, start, "2 belongs here");
    }

    [Fact]
    public async Task Open_OtherGenesis_IsRefused()
    {
        await WriteAsync(2);
        var refused = Assert.Throws<GenesisMismatchException>(() => Open(new SampleChain("other")));
        Assert.Contains(Directory.GetFiles(Folder).Single(), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_DamageInAnEarlierFile_IsRefusedAndNamed()
    {
        var chain = await WriteAsync(8, perFile: 3);
        var file = Directory.GetFiles(Folder).Order(StringComparer.Ordinal).First();
        var whole = File.ReadAllBytes(file);
        var (start, end) = ((int)Offsets(whole)[1], (int)Offsets(whole)[2]);
        for (var at = start; at < end; at += 7)
        {
            File.WriteAllBytes(file, Flip(whole, at));
            using var blocks = Open(chain, perFile: 3);
            var damage = await Assert.ThrowsAsync<LedgerDamagedException>(async () => await blocks.ReadAsync(2, default));
            Assert.Equal((file, start), (damage.File, damage.Offset));
        }
    }

    private BlockFiles Open(SampleChain chain, int perFile = 1024) => Open(chain, default, perFile);

    private BlockFiles Open(SampleChain chain, ProvenBlocks proven, int perFile = 1024) =>
        BlockFiles.Open(Folder, chain.Genesis, proven, NullLogger.Instance, new BlockFileOptions { MaxBlocks = perFile });

    private async Task<SampleChain> WriteAsync(int count, int perFile = 1024)
    {
        var chain = SampleChain.Of(count);
        using var blocks = Open(chain, perFile);
        foreach (var block in chain.Blocks)
            await blocks.AppendAsync(block, default);
        return chain;
    }

    private void AssertCut(SampleChain chain, string file, int start)
    {
        using var blocks = Open(chain);
        Assert.Equal(2UL, blocks.Height);
        Assert.Equal(start, new FileInfo(file).Length);
    }

    private void AssertRefused(SampleChain chain, string file, long? offset, string why)
    {
        var damage = Assert.Throws<LedgerDamagedException>(() => Open(chain));
        Assert.Equal((file, offset), (damage.File, damage.Offset));
        Assert.Contains(why, damage.Message, StringComparison.Ordinal);
    }

    /// <summary>Where the records of a file begin.</summary>
    private static List<long> Offsets(byte[] file)
    {
        var offsets = new List<long>();
        for (var at = 0; file.AsSpan(at).IndexOf([(byte)0xff, (byte)'L', (byte)'B', (byte)0xfe]) is >= 0 and var mark; at += mark + 1)
            offsets.Add(at + mark);
        return offsets;
    }

    private static byte[] Flip(byte[] bytes, int at)
    {
        var copy = bytes.AsSpan().ToArray();
        copy[at] ^= 1;
        return copy;
    }
}
