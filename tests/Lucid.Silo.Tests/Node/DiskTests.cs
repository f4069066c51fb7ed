using System.Diagnostics;
using System.Text.Json;
using Lucid.Evidence.Verification;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Tests.Node;

/// <summary>A disk that is full or may not be written to, on a small file system in memory; that needs root, and is skipped without.</summary>
public sealed class DiskTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private bool _isMounted;

    public async ValueTask InitializeAsync() =>
        _isMounted = OperatingSystem.IsLinux() && await RunAsync("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", _folder.Data.Root) == 0;

    public async ValueTask DisposeAsync()
    {
        if (_isMounted)
            await RunAsync("umount", _folder.Data.Root);
        _folder.Dispose();
    }

    [Fact]
    public async Task Start_OnAReadOnlyDirectory_NamesIt_AndChangesNothing()
    {
        SkipUnlessMounted();
        await (await TestNode.StartAsync(_folder)).DisposeAsync();
        await RunAsync("mount", "-o", "remount,ro", _folder.Data.Root);
        try
        {
            var refused = Assert.Throws<InvalidDataException>(() => NodeHost.Build(new NodeOptions { Data = _folder.Data.Root, Urls = "http://127.0.0.1:0" }));
            Assert.Contains($"{_folder.Data.Root} cannot be written to", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            await RunAsync("mount", "-o", "remount,rw", _folder.Data.Root);
        }
        await (await TestNode.StartAsync(_folder)).DisposeAsync();
    }

    [Fact]
    public async Task Start_OnAFullDisk_NamesTheDirectory()
    {
        SkipUnlessMounted();
        Fill();
        var refused = Assert.Throws<InvalidDataException>(() => NodeHost.Build(new NodeOptions { Data = _folder.Data.Root, Urls = "http://127.0.0.1:0" }));
        Assert.Contains(_folder.Data.Root, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disk_FullWhileTheNodeRuns_StopsBlocksAndSaysSo_AndTheyGoOnByThemselvesOnceThereIsRoom()
    {
        SkipUnlessMounted();
        await using var node = await TestNode.StartAsync(_folder, options => options with { Recording = options.Recording with { FreeSpaceReserve = 0 } });
        var (id, _) = await node.CreateAsync();
        (await node.PutAsync(id, 0, [1, 2, 3])).EnsureSuccessStatusCode();
        var filler = Fill();
        Assert.NotEmpty(await UntilAsync(node, status => status.TryGetProperty("waiting", out var why) ? why.GetString() : null));
        using (var refused = await node.PutAsync(id, 1, new byte[100_000]))
            Assert.False(refused.IsSuccessStatusCode);
        File.Delete(filler);
        // Nobody calls the chain here: it tries again by itself.
        var height = JsonDocument.Parse(await node.Client.GetStringAsync("chain/status")).RootElement.GetProperty("height").GetInt64();
        await UntilAsync(node, status => status.GetProperty("height").GetInt64() > height ? "on" : null);
        await node.PostAsync(id, "stop?accept_gaps=true");
        await node.UntilAsync(id, "anchored");
        var (_, report) = await node.EvidenceAsync(id, _folder);
        Assert.True(report.Verdict == Verdict.Verified, report.Summary);
    }

    private string Fill()
    {
        var path = Path.Combine(_folder.Data.Root, "filler");
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
                file.Write(new byte[4096]);
        }
        catch (IOException)
        {
            return path;
        }
    }

    private static async Task<string> UntilAsync(TestNode node, Func<JsonElement, string?> find)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var status = JsonDocument.Parse(await node.Client.GetStringAsync("chain/status", limit.Token)).RootElement;
            if (find(status) is { } found)
                return found;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }

    private void SkipUnlessMounted() => Assert.SkipUnless(_isMounted, "a small file system to fill up cannot be mounted here; that needs root");

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
