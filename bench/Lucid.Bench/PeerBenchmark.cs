using System.Security.Cryptography;
using Lucid.Bench.Load;
using Lucid.Evidence.Tests.Compression;

namespace Lucid.Bench;

/// <summary>
/// One file recorded into a node that runs, by `lucid record` and by this process, beside what people use instead: each reads the file from
/// the page cache and ends when its result is on the disk.
/// </summary>
internal static class PeerBenchmark
{
    private static readonly Peer[] _peers =
    [
        new("cp, then sync", "cp", "", "cp \"$SOURCE\" \"$TARGET/copy\" && sync \"$TARGET/copy\""),
        new("gzip -6, openssl enc, sha256sum", "openssl", "",
            "gzip -6 <\"$SOURCE\" | openssl enc -aes-256-ctr -K $KEY -iv ${KEY:0:32} | tee \"$TARGET/out\" | sha256sum >\"$TARGET/sum\" && sync \"$TARGET\"/*"),
        // Both say themselves that a backup which succeeded is on the disk. A new repository each time: they know again what they have stored.
        new("restic backup", "restic", "restic init -q", "restic backup -q \"$SOURCE\""),
        new("borg create", "borg", "borg init -e repokey", "borg create ::one \"$SOURCE\""),
    ];

    public static async Task RunAsync(Effort effort, Report report)
    {
        using var folder = new TempFolder();
        await using var node = await NodeProcess.StartAsync(Path.Combine(folder.Path, "node"));
        var size = effort.Quick ? 64 << 20 : 512 << 20;
        await RunAsync(effort, report, node, folder.Path, "incompressible", Content.Random(size), judged: true);
        await RunAsync(effort, report, node, folder.Path, "text", Content.Text(size), judged: false);
    }

    private static async Task RunAsync(
        Effort effort, Report report, NodeProcess node, string folder, string kind, byte[] content, bool judged)
    {
        var source = Path.Combine(folder, kind);
        await File.WriteAllBytesAsync(source, content);
        var found = _peers.Where(peer => Shell.Has(peer.Program)).ToList();
        var stored = new Dictionary<string, long>(StringComparer.Ordinal);
        List<(string Name, Func<Task<double>> RunAsync)> all =
        [
            ("lucid record", () => RecordedAsync("lucid record", () => Shell.RunAsync(
                "exec dotnet \"$LUCID\" record \"$SOURCE\" --no-wait --data \"$DATA\"",
                ("LUCID", Cli()), ("SOURCE", source), ("DATA", node.Data)))),
            ("a bare HTTP client", () => RecordedAsync("a bare HTTP client", () => RecordAsync(node, source))),
            .. found.Select(peer => (peer.Name, (Func<Task<double>>)(() => PeerAsync(peer)))),
        ];
        var samples = await Measure.InTurnAsync(effort.Quick ? 1 : 3, [.. all.Select(one => one.RunAsync)]);
        var restic = all.FindIndex(one => one.Name == "restic backup");
        for (var i = 0; i < all.Count; i++)
        {
            var ratio = restic < 0 ? null : (double?)(samples[i].Median / samples[restic].Median);
            var beside = $"{(ratio is { } known ? $"{known:0.0} of restic, " : "")}to {100.0 * stored[all[i].Name] / content.Length:0} %";
            report.Add($"{content.Length >> 20} MiB {kind}: {all[i].Name}", samples[i], Unit.MebibytesPerSecond, beside,
                i == 0 && judged ? new Target(">= 3 x restic", ratio is null ? null : ratio >= 3) : null);
        }
        foreach (var peer in _peers.Except(found))
            report.Skip($"{content.Length >> 20} MiB {kind}: {peer.Name}", $"{peer.Program} is not installed; ./lucid bench --peers does that");
        File.Delete(source);

        async Task<double> RecordedAsync(string name, Func<Task> record)
        {
            await WarmAsync(source);
            var chunks = Path.Combine(node.Data, "chunks");
            var before = Shell.SizeOf(chunks);
            var seconds = await Measure.TimeAsync(record);
            stored[name] = Shell.SizeOf(chunks) - before;
            return content.Length / seconds;
        }

        async Task<double> PeerAsync(Peer peer)
        {
            using var target = new TempFolder();
            var environment = Environment(source, target.Path);
            await Shell.RunAsync(peer.Prepare, environment);
            await WarmAsync(source);
            var seconds = await Measure.TimeAsync(() => Shell.RunAsync(peer.Run, environment));
            stored[peer.Name] = Shell.SizeOf(Path.Combine(target.Path, "result"));
            return content.Length / seconds;
        }
    }

    private static async Task RecordAsync(NodeProcess node, string source)
    {
        using var file = File.OpenHandle(source, options: FileOptions.Asynchronous);
        var (session, lease) = await node.CreateSessionAsync();
        await RecordingBenchmark.SendAsync(
            node.Http, session, lease, (int)(RandomAccess.GetLength(file) / RecordingBenchmark.ChunkSize), async (chunk, cancellation) =>
            {
                var bytes = new byte[RecordingBenchmark.ChunkSize];
                await RandomAccess.ReadAsync(file, bytes, (long)chunk * bytes.Length, cancellation);
                return bytes;
            });
    }

    private static string Cli()
    {
        var cli = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Lucid.Cli", "release", "lucid.dll"));
        return File.Exists(cli) ? cli : throw new FileNotFoundException($"{cli} is not there; ./lucid bench builds it.");
    }

    // Everything that a peer might keep elsewhere, or ask for.
    private static (string Name, string Value)[] Environment(string source, string folder)
    {
        var target = Directory.CreateDirectory(Path.Combine(folder, "result")).FullName;
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        return
        [
            ("SOURCE", source), ("TARGET", target), ("KEY", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))), ("HOME", folder),
            ("RESTIC_REPOSITORY", target), ("RESTIC_PASSWORD", password), ("RESTIC_CACHE_DIR", Path.Combine(folder, "cache")),
            ("BORG_REPO", target), ("BORG_PASSPHRASE", password), ("BORG_BASE_DIR", folder),
        ];
    }

    // The source in the page cache, and nothing of whoever came before still on its way to the disk.
    private static Task WarmAsync(string source) =>
        Shell.RunAsync("cat \"$SOURCE\" >/dev/null && sync -f \"$SOURCE\"", ("SOURCE", source));

    /// <param name="Program">What must be installed.</param>
    /// <param name="Prepare">Run before, outside the time.</param>
    /// <param name="Run">What is timed; its result goes into the folder TARGET.</param>
    private sealed record Peer(string Name, string Program, string Prepare, string Run);
}
