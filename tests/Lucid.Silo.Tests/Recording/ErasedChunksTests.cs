using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Recording;
using Lucid.Silo.Tests.Audit;
using Lucid.Silo.Tests.Node;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Recording;

/// <summary>Erased ciphertext is out of the way at once, whatever becomes of its files, and its files go in the end.</summary>
public sealed class ErasedChunksTests : IDisposable
{
    private static readonly Guid _session = Guid.Parse("0190b2f0-0000-7000-8000-000000000001");
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Waits for the worker to be done.</summary>
    internal static async Task UntilDeletedAsync(TempFolder folder)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var chunks = new ChunkStore(folder.Data);
        while (chunks.SetAsideFolders() is { Count: > 0 } left)
        {
            Assert.False(limit.IsCancellationRequested, $"Waiting for erased chunks to be deleted, these are left: {string.Join(", ", left)}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    [Fact]
    public async Task SetAside_TakesTheFolderAway_DeletesNothing_AndMayBeRepeated()
    {
        var chunks = new ChunkStore(_folder.Data);
        chunks.SetAside(_session);
        Assert.Empty(chunks.SetAsideFolders());
        await StoreAsync(chunks, 3);
        chunks.SetAside(_session);
        chunks.SetAside(_session);
        Assert.False(Directory.Exists(chunks.DirectoryOf(_session)));
        Assert.Equal(3, Directory.GetFiles(Assert.Single(chunks.SetAsideFolders())).Length);

        // Restored from a backup, and erased once more.
        await StoreAsync(chunks, 2);
        chunks.SetAside(_session);
        Assert.Equal(2, chunks.SetAsideFolders().Count);
        Assert.All(chunks.SetAsideFolders(), path => Assert.True(ChunkStore.IsSetAside(Path.GetFileName(path)), path));
    }

    [Fact]
    public async Task Worker_DeletesWhatAKillLeft_AndWhatComesLater()
    {
        var chunks = new ChunkStore(_folder.Data);
        await StoreAsync(chunks, 3);
        chunks.SetAside(_session);
        using var worker = new ErasedChunks(chunks, NullLogger<ErasedChunks>.Instance);
        await worker.StartAsync(CancellationToken.None);
        await UntilDeletedAsync(_folder);
        await StoreAsync(chunks, 3);
        chunks.SetAside(_session);
        worker.Wake();
        await UntilDeletedAsync(_folder);
        await worker.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task SetAside_OnADiskThatRefuses_NamesTheFoldersAndTheCure()
    {
        var chunks = new ChunkStore(_folder.Data);
        await StoreAsync(chunks, 1);
        await File.WriteAllTextAsync(chunks.Erased, "in the way", TestContext.Current.CancellationToken);
        var refused = Assert.Throws<GrainStoreException>(() => chunks.SetAside(_session));
        Assert.Contains(chunks.DirectoryOf(_session), refused.Message, StringComparison.Ordinal);
        Assert.Contains(chunks.Erased, refused.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(chunks.PathOf(_session, 0)));
    }

    [Fact]
    public async Task Erase_ThatTheDiskRefuses_HasDestroyedTheKey_SaysWhy_AndGoesOnByItself()
    {
        var chunks = new ChunkStore(_folder.Data);
        Guid id;
        await using (var node = await TestNode.StartAsync(_folder))
        {
            (id, _) = await node.CreateAsync();
            (await node.PutAsync(id, 0, new byte[5000])).EnsureSuccessStatusCode();
            (await node.PostAsync(id, "stop")).EnsureSuccessStatusCode();
            await node.UntilAsync(id, "anchored");
            await File.WriteAllTextAsync(chunks.Erased, "in the way", TestContext.Current.CancellationToken);
            var answer = await TestNode.JsonAsync(await node.Client.DeleteAsync($"sessions/{id}", TestContext.Current.CancellationToken));
            Assert.Equal("anchored", answer.GetProperty("status").GetString());
            Assert.Contains(chunks.Erased, answer.GetProperty("waiting").GetString(), StringComparison.Ordinal);
            Assert.True(File.Exists(chunks.PathOf(id, 0)));
            Assert.False(File.Exists(WrappedKey.PathIn(_folder.Data, id)));
            Assert.False((await node.Client.GetAsync($"sessions/{id}/playback", TestContext.Current.CancellationToken)).IsSuccessStatusCode);
            File.Delete(chunks.Erased);
            await node.UntilAsync(id, "erased");
        }
        Assert.False(Directory.Exists(chunks.DirectoryOf(id)));
    }

    [Fact]
    public async Task Audit_OfWhatAKillLeft_NotesIt_AndTheNextStartDeletesIt()
    {
        var chunks = new ChunkStore(_folder.Data);
        await (await TestNode.StartAsync(_folder)).DisposeAsync();
        await StoreAsync(chunks, 2);
        chunks.SetAside(_session);
        var report = await RecordedFolder.AuditAsync(_folder);
        Assert.True(report.IsClean, string.Join('\n', report.Findings));
        Assert.Contains(report.Findings, finding => finding.File == $"chunks/erased/{_session}" && finding.Problem.Contains("erased", StringComparison.Ordinal));
        await using var again = await TestNode.StartAsync(_folder);
        await UntilDeletedAsync(_folder);
    }

    private static async Task StoreAsync(ChunkStore chunks, ulong count)
    {
        for (var index = 0UL; index < count; index++)
            await chunks.WriteAsync(_session, index, new byte[100], CancellationToken.None);
    }
}
