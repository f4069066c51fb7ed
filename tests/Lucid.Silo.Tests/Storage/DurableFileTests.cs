using Lucid.Silo.Storage;

namespace Lucid.Silo.Tests.Storage;

public sealed class DurableFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lucid-durable-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    [Fact]
    public void Write_OverAFile_ReplacesItWhole()
    {
        DurableFile.Write(At("a"), new byte[100]);
        DurableFile.Write(At("a"), "short"u8);
        Assert.Equal("short"u8, File.ReadAllBytes(At("a")));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Create_WhereAFileIs_LeavesItAndFails()
    {
        DurableFile.Create(At("a"), "first"u8);
        Assert.Throws<IOException>(() => DurableFile.Create(At("a"), "second"u8));
        Assert.Equal("first"u8, File.ReadAllBytes(At("a")));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Write_OwnerOnly_HasMode600()
    {
        if (OperatingSystem.IsWindows())
            return;
        DurableFile.Write(At("key"), "secret"u8, DurableFile.OwnerOnly);
        Assert.Equal(DurableFile.OwnerOnly, File.GetUnixFileMode(At("key")));
    }

    [Fact]
    public void RemoveUnfinished_AfterACrash_LeavesWholeFilesOnly()
    {
        DurableFile.Write(At("whole"), "x"u8);
        var (handle, _) = DurableFile.Begin(At("half"));
        handle.Dispose();
        DurableFile.RemoveUnfinished(_folder);
        Assert.Equal([At("whole")], Directory.GetFiles(_folder));
    }

    [Fact]
    public void CreateDirectory_SeveralLevels_MakesThem()
    {
        DurableFile.CreateDirectory(At("a/b/c"));
        DurableFile.CreateDirectory(At("a/b/c"));
        Assert.True(Directory.Exists(At("a/b/c")));
    }

    [Fact]
    public void SyncDirectory_NotThere_Fails() => Assert.Throws<IOException>(() => DurableFile.SyncDirectory(At("absent")));
}
