using Lucid.Silo.Audit;
using Lucid.Silo.Tests.Node;

namespace Lucid.Silo.Tests.Audit;

/// <summary>
/// A data directory that a real node made: two anchored sessions, one with a gap, one that was erased and one that is still recording. Made
/// once; each test damages a copy of its own.
/// </summary>
public sealed class RecordedFolder : IAsyncLifetime
{
    private readonly TempFolder _original = new();

    public Guid First { get; private set; }
    public Guid WithGap { get; private set; }
    public Guid Open { get; private set; }

    public async ValueTask InitializeAsync()
    {
        await using var node = await TestNode.StartAsync(_original);
        First = await RecordAsync(node, 0, 1, 2);
        WithGap = await RecordAsync(node, 0, 2);
        var erased = await RecordAsync(node, 0);
        (await node.Client.DeleteAsync($"sessions/{erased}")).EnsureSuccessStatusCode();
        (Open, _) = await node.CreateAsync();
        (await node.PutAsync(Open, 0, Content(9))).EnsureSuccessStatusCode();
    }

    public ValueTask DisposeAsync()
    {
        _original.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A copy with the modes of the files, which goes with whoever asked for it.</summary>
    internal TempFolder Copy()
    {
        var copy = new TempFolder();
        foreach (var file in Directory.EnumerateFiles(_original.Data.Root, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy.Data.Root, Path.GetRelativePath(_original.Data.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return copy;
    }

    internal static Task<AuditReport> AuditAsync(TempFolder folder) =>
        DataAudit.RunAsync(folder.Data.Root, _ => { }, TestContext.Current.CancellationToken);

    /// <summary>The files that match, relative to the folder, in order.</summary>
    internal static List<string> Files(TempFolder folder, string below, string pattern = "*") =>
        [.. Directory.EnumerateFiles(Path.Combine(folder.Data.Root, below), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder.Data.Root, path)).Order(StringComparer.Ordinal)];

    private static async Task<Guid> RecordAsync(TestNode node, params ulong[] chunks)
    {
        var (id, _) = await node.CreateAsync();
        foreach (var index in chunks)
            (await node.PutAsync(id, index, Content(index))).EnsureSuccessStatusCode();
        (await node.PostAsync(id, "stop?accept_gaps=true")).EnsureSuccessStatusCode();
        await node.UntilAsync(id, "anchored");
        return id;
    }

    private static byte[] Content(ulong seed)
    {
        var bytes = new byte[200_000];
        new Random((int)seed).NextBytes(bytes);
        return bytes;
    }
}
