using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Audit;
using Lucid.Grains.Chain;
using Lucid.Silo.Audit;
using Lucid.Silo.Hosting;
using Lucid.Silo.Storage;
using Lucid.Silo.Tests.Node;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Audit;

/// <summary>The audit finds nothing where nothing is wrong, changes nothing, and says what it cannot use.</summary>
public sealed class AuditTests(RecordedFolder recorded) : IClassFixture<RecordedFolder>
{
    [Fact]
    public async Task Audit_OfAStoppedNode_IsClean_AndChangesNoByteAndNoName()
    {
        using var folder = recorded.Copy();
        var before = Contents(folder);
        var report = await RecordedFolder.AuditAsync(folder);
        Assert.True(report.IsClean, Describe(report));
        Assert.Equal(before, Contents(folder));
        Assert.Contains(report.Findings, finding => finding is { Severity: AuditSeverity.Note, File: "keys/ring" });
    }

    [Fact]
    public async Task Audit_WhileTheNodeRunsAndRecords_IsClean()
    {
        using var folder = new TempFolder();
        await using var node = await TestNode.StartAsync(folder);
        var (id, _) = await node.CreateAsync();
        using var stop = new CancellationTokenSource();
        var recording = Task.Run(async () =>
        {
            for (var index = 0UL; !stop.IsCancellationRequested; index++)
                (await node.PutAsync(id, index, [(byte)index])).EnsureSuccessStatusCode();
        }, CancellationToken.None);
        for (var round = 0; round < 5; round++)
        {
            var report = await RecordedFolder.AuditAsync(folder);
            Assert.True(report.IsClean, Describe(report));
        }
        await stop.CancelAsync();
        await recording;
    }

    [Fact]
    public async Task Audit_OfAStoppedNode_KeepsOneFromStartingMeanwhile_AndTwoAuditsMayRun()
    {
        using var folder = recorded.Copy();
        using (NodeLock.TryShare(folder.Data, out var isHeld))
        {
            Assert.False(isHeld);
            Assert.True((await RecordedFolder.AuditAsync(folder)).IsClean);
            Assert.Throws<DataFolderInUseException>(() => NodeLock.Take(folder.Data));
        }
        NodeLock.Take(folder.Data).Dispose();
    }

    [Fact]
    public async Task Audit_OfNamesThatDoNotBelong_NotesThem()
    {
        using var folder = recorded.Copy();
        var session = Path.GetDirectoryName(RecordedFolder.Files(folder, "chunks")[0])!;
        string[] strangers =
        [
            "stranger", "keys/stranger", "ledger/stranger", "ledger/log/stranger", "chunks/stranger", "keys/sessions/stranger",
            Path.Combine(session, "stranger"), Path.Combine(session, "0000000007"), Path.Combine(session, "0000000000.7-1.unfinished"),
        ];
        foreach (var name in strangers)
            await File.WriteAllTextAsync(Path.Combine(folder.Data.Root, name), "x", TestContext.Current.CancellationToken);
        var report = await RecordedFolder.AuditAsync(folder);
        Assert.True(report.IsClean, Describe(report));
        Assert.Empty(strangers.Except(report.Findings.Select(finding => finding.File), StringComparer.Ordinal));
    }

    /// <summary>With checksums that are right: whoever has the database can make them.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Audit_OfAListThatIsBehindItsSession_NotesIt_AndCallsItDamageWhereNothingWasChanged(bool isChanged)
    {
        using var folder = recorded.Copy();
        await using (var node = await TestNode.StartAsync(folder))
        {
            if (isChanged)
                (await node.Client.PutAsJsonAsync($"sessions/{recorded.First}", new { name = "another", description = "what it is" })).EnsureSuccessStatusCode();
        }
        using (var file = new DirectoryFile(folder.Data, NullLogger<DirectoryFile>.Instance))
        using (var directory = new SessionDirectory(file, folder.Data, TimeProvider.System, NullLogger<SessionDirectory>.Instance))
        {
            var listed = (await directory.ListAsync(new SessionListQuery(1, 100, null, "name", null), default)).Sessions.Single(session => session.SessionId == recorded.First);
            Assert.Equal(isChanged ? "another" : "a test", listed.Name);
            await directory.UpsertAsync(listed with { Name = "of before", Description = null }, [], default);
        }
        var report = await RecordedFolder.AuditAsync(folder);
        Assert.Equal(isChanged, report.IsClean);
        Assert.Contains(report.Findings, finding => finding.File == "directory.db" && finding.Problem.Contains(
            isChanged ? $"session {recorded.First} is listed as it was before it was changed" : $"the row of session {recorded.First} is not what was asked for", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, "DELETE FROM session_shares")]
    [InlineData(true, "UPDATE session_shares SET auditor = 'eve'")]
    [InlineData(true, "UPDATE session_shares SET expires_at = expires_at + 1")]
    [InlineData(true, "INSERT INTO session_shares SELECT place, 'eve', 7 FROM sessions")]
    // Of what had ended when the row was written, a list may say nothing.
    [InlineData(false, "DELETE FROM session_shares; UPDATE sessions SET updated_at = 4070908800000")]
    public async Task Audit_OfSharesThatAreNotTheSessions_NotesIt(bool isNoted, string damage)
    {
        using var folder = recorded.Copy();
        await using (var node = await TestNode.StartAsync(folder))
            (await node.Client.PostAsJsonAsync($"sessions/{recorded.First}/shares", new { auditor = "mail:ada@example.org", expires_at = "2099-01-01T00:00:00Z" })).EnsureSuccessStatusCode();
        Assert.DoesNotContain((await RecordedFolder.AuditAsync(folder)).Findings, IsAboutShares);
        await DamageTests.RunAsync(folder.Data.Directory, damage);
        var report = await RecordedFolder.AuditAsync(folder);
        Assert.True(report.IsClean, Describe(report));
        Assert.Equal(isNoted, report.Findings.Any(IsAboutShares));

        static bool IsAboutShares(AuditFinding finding) => finding is { File: "directory.db", Severity: AuditSeverity.Note } && finding.Problem.EndsWith("is listed with other shares than it has", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE sessions SET chunk_count = chunk_count + 1")]
    [InlineData("UPDATE sessions SET gap_ms = gap_ms + 1")]
    public async Task Audit_OfSumsThatAreNotThoseOfTheRows_NamesTheList(string damage)
    {
        using var folder = recorded.Copy();
        await DamageTests.RunAsync(folder.Data.Directory, damage);
        Assert.Contains((await RecordedFolder.AuditAsync(folder)).Findings, finding =>
            finding.File == "directory.db" && finding.Severity != AuditSeverity.Note && finding.Problem.Contains("the columns of session", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Audit_OfAnAuditLogThatIsNotTheLedgers_NamesTheRoot()
    {
        using var folder = new TempFolder();
        await using (var node = await TestNode.StartAsync(folder, around: store => new SlowStore(store, _ => Task.CompletedTask) { Alters = Forge }))
            await UntilAsync(async () => (await node.Grains.Get<IAuditGrain>("node-1").HeadAsync()).AnchoredSize > 0);
        var report = await RecordedFolder.AuditAsync(folder);
        Assert.Contains(report.Findings, finding => finding.Severity == AuditSeverity.Damage && finding.Problem.Contains("are not those of root", StringComparison.Ordinal));

        static byte[] Forge(string journal, byte[] row) => journal != "records" ? row : JsonSerializer.SerializeToUtf8Bytes(new AuditRow(Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(JsonSerializer.Deserialize<AuditRow>(row, GrainJsonStrict.Options)!.Record).Replace("gateway_started", "gateway_stopped", StringComparison.Ordinal))), GrainJsonStrict.Options);
    }

    /// <summary>The log refuses such a root, but a node that has been tampered with can have it in its blocks: those are judged by keys alone.</summary>
    [Fact]
    public async Task Audit_OfALedgerWithTwoHistoriesOfTheAuditLog_NamesTheRootThatDoesNotGoOn()
    {
        const string Name = "node-1";
        string forged;
        using var folder = new TempFolder();
        await using (var node = await TestNode.StartAsync(folder))
        {
            AuditHead head = null!;
            // A start has two records, that of the start and that of its key; one that came later would take the number of the forged root.
            await UntilAsync(async () => (head = await node.Grains.Get<IAuditGrain>(Name).HeadAsync()).AnchoredSize == head.Size && head.Size == 2);
            var first = (AuditRoot)LogEntry.Parse(head.Root);
            forged = $"audit root {first.Number + 1} ";
            var elsewhere = Hash256.Of("another history"u8);
            var second = LedgerEntry.Parse(new AuditRoot(first.Recorder, first.Number + 1, first.Size, elsewhere, first.Size + 1, elsewhere, first.TimeMs).Encode());
            node.Pool.Add(new WaitingEntry(second));
            await UntilAsync(async () => (await node.Grains.Get<ILogGrain>(Name).StatusAsync(EntryPool.KeyOf(second))).State == EntryState.Published);
        }
        var report = await RecordedFolder.AuditAsync(folder);
        Assert.Contains(report.Findings, finding => finding.Severity == AuditSeverity.Damage && finding.Problem.StartsWith(forged, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("missing", "There is no directory")]
    [InlineData("empty", "is no data directory of a node")]
    [InlineData("file", "is a file")]
    public async Task Audit_OfWhatIsNoDataDirectory_SaysSo_AndEndsWith2(string what, string expected)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Data.Root, what);
        if (what == "empty")
            Directory.CreateDirectory(path);
        if (what == "file")
            await File.WriteAllTextAsync(path, "x", TestContext.Current.CancellationToken);
        var (code, _, error) = await CommandAsync("--data", path);
        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Contains(path, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--nonsense")]
    [InlineData("--data")]
    public async Task Command_WithABadOption_EndsWith2(string option)
    {
        var (code, _, error) = await CommandAsync(option);
        Assert.Equal(2, code);
        Assert.Contains(option, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_PrintsTheVerdictLast_AndJsonForScripts()
    {
        using var folder = recorded.Copy();
        var (code, said, _) = await CommandAsync("--data", folder.Data.Root);
        Assert.Equal(0, code);
        Assert.Matches(@"^audited \d+ files, [\d.]+ MiB in [\d.]+ s: no damage$", said.TrimEnd().Split('\n')[^1]);

        var chunk = RecordedFolder.Files(folder, "chunks")[0];
        File.Delete(Path.Combine(folder.Data.Root, chunk));
        (code, said, _) = await CommandAsync("--data", folder.Data.Root, "--json");
        Assert.Equal(1, code);
        var finding = JsonDocument.Parse(said).RootElement.GetProperty("findings").EnumerateArray().Single(one => one.GetProperty("severity").GetString() == "damage");
        Assert.Equal(chunk, finding.GetProperty("file").GetString());

        (code, said, _) = await CommandAsync("--data", folder.Data.Root);
        Assert.Equal(1, code);
        Assert.EndsWith(": 1 damaged", said.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GrainStore_WithTransactionsInItsLog_IsReadWithThem_AndDamageOfTheLogIsNamed()
    {
        using var folder = recorded.Copy();
        using var kept = new TempFolder();
        // What a kill leaves: a log that no checkpoint has taken over.
        await using (var store = new SqliteConnection($"Data Source={folder.Data.GrainStore};Pooling=False"))
        {
            await store.OpenAsync(TestContext.Current.CancellationToken);
            await using var write = store.CreateCommand();
            write.CommandText = "PRAGMA wal_autocheckpoint=0; UPDATE schema SET commits = commits + 1; UPDATE schema SET commits = commits + 1";
            await write.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            File.Copy(folder.Data.GrainStore, kept.Data.GrainStore);
            File.Copy(folder.Data.GrainStore + "-wal", kept.Data.GrainStore + "-wal");
        }
        File.Copy(kept.Data.GrainStore, folder.Data.GrainStore, overwrite: true);
        var log = await File.ReadAllBytesAsync(kept.Data.GrainStore + "-wal", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(folder.Data.GrainStore + "-wal", log, TestContext.Current.CancellationToken);
        var before = Contents(folder);
        var report = await RecordedFolder.AuditAsync(folder);
        Assert.True(report.IsClean, Describe(report));
        Assert.Equal(before, Contents(folder));

        foreach (var position in (int[])[0, 20, 30, 40, 100, log.Length / 2, log.Length - 1])
        {
            log[position] ^= 1;
            await File.WriteAllBytesAsync(folder.Data.GrainStore + "-wal", log, TestContext.Current.CancellationToken);
            log[position] ^= 1;
            Assert.Contains((await RecordedFolder.AuditAsync(folder)).Findings, finding => finding is { Severity: AuditSeverity.Damage, File: "grains.db" } &&
                finding.Problem.Contains("write-ahead log", StringComparison.Ordinal));
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await holds())
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
    }

    internal static string Describe(AuditReport report) => string.Join('\n', report.Findings);

    private static Dictionary<string, string> Contents(TempFolder folder) => Directory
        .EnumerateFileSystemEntries(folder.Data.Root, "*", SearchOption.AllDirectories)
        .ToDictionary(path => path, path => Directory.Exists(path) ? "" : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))), StringComparer.Ordinal);

    private static async Task<(int Code, string Said, string Error)> CommandAsync(params string[] args)
    {
        using var said = new StringWriter();
        using var error = new StringWriter();
        var code = await AuditCommand.RunAsync(args, said, error, isWatched: false);
        return (code, said.ToString(), error.ToString());
    }
}
