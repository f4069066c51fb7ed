using System.Net;
using Lucid.Evidence.Verification;

namespace Lucid.Silo.Tests.Node;

/// <summary>A disk that does not keep up slows a node and never breaks it.</summary>
public sealed class SlowDiskTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Disk_ThatStandsStill_FillsTheBudget_RefusesWithRetryAfter_AndHonoursWhatItTook()
    {
        var (stands, goesOn) = (false, new TaskCompletionSource());
        // As small as it may be: two chunks of 10 MiB do not fit, since each needs three times its size and an eighth is kept for small ones.
        await using var node = await TestNode.StartAsync(
            _folder, options => options with { Recording = options.Recording with { MemoryBudget = 64 << 20, MaxWait = TimeSpan.Zero } },
            around: store => new SlowStore(store, grain => Volatile.Read(ref stands) && grain.Name == "chunk" ? goesOn.Task : Task.CompletedTask));
        var (first, second) = ((await node.CreateAsync()).Id, (await node.CreateAsync()).Id);
        Volatile.Write(ref stands, true);
        var taken = node.PutAsync(first, 0, new byte[10 << 20]);
        await FullAsync(node);

        using (var refused = await node.PutAsync(second, 0, new byte[10 << 20]))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
        }
        Assert.False(taken.IsCompleted);
        goesOn.SetResult();
        Volatile.Write(ref stands, false);
        using (var received = await taken)
            Assert.Equal(HttpStatusCode.OK, received.StatusCode);
        (await node.PutAsync(second, 0, new byte[10 << 20])).EnsureSuccessStatusCode();
        foreach (var id in new[] { first, second })
        {
            (await node.PostAsync(id, "stop")).EnsureSuccessStatusCode();
            await node.UntilAsync(id, "anchored");
            var (_, report) = await node.EvidenceAsync(id, _folder);
            Assert.True(report.Verdict == Verdict.Verified, report.Summary);
        }
    }

    /// <summary>Waits until a chunk of 10 MiB holds its memory.</summary>
    private static async Task FullAsync(TestNode node)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var metrics = await node.Client.GetStringAsync("/metrics", limit.Token);
            // There is none before the recorder was asked for anything.
            var held = metrics.Split('\n').FirstOrDefault(line => line.StartsWith("lucid_recorder_memory_held", StringComparison.Ordinal));
            if (held is not null && double.Parse(held.Split(' ')[^1]) > 30 << 20)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }
}
