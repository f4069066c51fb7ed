using Lucid.Silo.Audit;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Tests.Audit;

/// <summary>Whatever kind of file is damaged, and however, the audit names it.</summary>
public sealed class DamageTests(RecordedFolder recorded) : IClassFixture<RecordedFolder>
{
    /// <summary>Folder, pattern, and whether the last file that matches is meant.</summary>
    private static readonly (string Below, string Pattern)[] _kinds =
    [
        ("chunks", "*"), ("keys", "*"), ("trust", "*"), ("ledger", "genesis"), ("ledger", "votes"), ("ledger/blocks", "*"), ("ledger/log", "*"),
        ("ledger", "*.db"), ("", "*.db"), ("", "alive"), ("", "token"),
    ];

    // A mark without content says nothing when it is gone, and whether a byte of a database or of a secret is in use the sweep looks into.
    private static readonly string[] _hardToFlip = ["grains.db", "directory.db", "index.db", "checkpoints.db", "alive", "token", "votes", "size"];

    public static TheoryData<string, string, string> Damages => new(
        from kind in _kinds
        from how in new[] { "flip", "truncate", "empty", "delete", "extend" }
        // A shorter token may be one that its operator chose.
        where kind.Pattern != "token" || how != "truncate"
        select (kind.Below, kind.Pattern, how));

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Audit_AfterDamage_NamesTheFile(string below, string pattern, string how)
    {
        using var folder = recorded.Copy();
        var files = below.Length == 0 ? Directory.GetFiles(folder.Data.Root, pattern).Select(path => Path.GetFileName(path)!).ToList() : RecordedFolder.Files(folder, below, pattern);
        foreach (var file in files.Where(file => how != "flip" || !_hardToFlip.Contains(Path.GetFileName(file), StringComparer.Ordinal)))
        {
            var path = Path.Combine(folder.Data.Root, file);
            var before = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            // A key of access tokens that is gone is missed by nobody: the next start makes another.
            if (before.Length == 0 || (how == "delete" && file.StartsWith("keys/tokens/", StringComparison.Ordinal)))
                continue;
            var mode = OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);
            Damage(path, before, how);
            AssertNames(await RecordedFolder.AuditAsync(folder), file);
            await File.WriteAllBytesAsync(path, before, TestContext.Current.CancellationToken);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, mode);
        }
    }

    [Fact]
    public async Task Audit_NamesTheSegmentOfAnAlteredByte()
    {
        using var folder = recorded.Copy();
        var file = RecordedFolder.Files(folder, "chunks")[0];
        var path = Path.Combine(folder.Data.Root, file);
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[(2 * 65536) + 30_000] ^= 0x10;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        var finding = Assert.Single((await RecordedFolder.AuditAsync(folder)).Findings, finding => finding.Severity == AuditSeverity.Damage);
        Assert.Contains("in segment 2 of 4", finding.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Audit_OfTwoChunksThatAreSwapped_NamesBoth()
    {
        using var folder = recorded.Copy();
        var own = RecordedFolder.Files(folder, "chunks").Where(file => file.Contains($"{recorded.First}", StringComparison.Ordinal)).ToList();
        Swap(folder, own[0], own[1]);
        AssertNames(await RecordedFolder.AuditAsync(folder), own[0], own[1]);
    }

    [Fact]
    public async Task Audit_OfTwoSessionsWhoseFilesAreSwapped_NamesThem()
    {
        using var folder = recorded.Copy();
        var chunks = RecordedFolder.Files(folder, "chunks", "0000000000").Where(file => !file.Contains($"{recorded.Open}", StringComparison.Ordinal)).ToList();
        Swap(folder, chunks[0], chunks[1]);
        AssertNames(await RecordedFolder.AuditAsync(folder), chunks[0], chunks[1]);
        Swap(folder, chunks[0], chunks[1]);
        var keys = RecordedFolder.Files(folder, "keys/sessions");
        Swap(folder, keys[0], keys[1]);
        AssertNames(await RecordedFolder.AuditAsync(folder), keys[0], keys[1]);
    }

    [Theory]
    [InlineData("DELETE FROM journal WHERE position = 0")]
    [InlineData("DELETE FROM journal WHERE position = 2")]
    [InlineData("UPDATE journal SET json = (SELECT json FROM journal AS other WHERE other.grain <> journal.grain LIMIT 1)")]
    [InlineData("UPDATE journal SET json = x'00'")]
    [InlineData("DELETE FROM grain WHERE name = 'session'")]
    [InlineData("DELETE FROM grain WHERE name = 'chunk'")]
    [InlineData("UPDATE grain SET key = upper(key) WHERE name = 'session'")]
    [InlineData("UPDATE grain SET name = 'sessions' WHERE name = 'session'")]
    [InlineData("UPDATE grain SET version = 0")]
    [InlineData("DELETE FROM state WHERE grain IN (SELECT id FROM grain WHERE name = 'chunk')")]
    [InlineData("UPDATE state SET json = replace(json, 'receipt', 'receibt')")]
    [InlineData("UPDATE state SET json = replace(json, '\"chunks\":', '\"chunks\":1')")]
    [InlineData("UPDATE state SET json = replace(json, '\"software\":\"', '\"software\":\"x')")]
    [InlineData("UPDATE state SET json = replace(json, 'manifest_sha256\":\"', 'manifest_sha256\":\"0')")]
    [InlineData("UPDATE state SET json = replace(json, '\"status\":\"Anchored\"', '\"status\":\"Erased\"')")]
    [InlineData("UPDATE state SET json = replace(json, '\"owner\":\"local\"', '\"owner\":\"other\"')")]
    [InlineData("UPDATE reminder SET name = 'wutch'")]
    [InlineData("UPDATE schema SET version = 77")]
    public async Task Audit_OfRowsThatContradict_NamesTheStore(string sql)
    {
        using var folder = recorded.Copy();
        await RunAsync(folder.Data.GrainStore, sql);
        Assert.Contains((await RecordedFolder.AuditAsync(folder)).Findings, finding => finding is { Severity: AuditSeverity.Damage, File: "grains.db" });
    }

    internal static async Task RunAsync(string database, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }

    private static void AssertNames(AuditReport report, params string[] files)
    {
        Assert.False(report.IsClean);
        Assert.Empty(files.Except(report.Findings.Where(finding => finding.Severity != AuditSeverity.Note).Select(finding => finding.File), StringComparer.Ordinal));
    }

    private static void Damage(string path, byte[] before, string how)
    {
        var at = new Random(before.Length).Next(before.Length);
        switch (how)
        {
            case "flip":
                File.WriteAllBytes(path, [.. before[..at], (byte)(before[at] ^ 1), .. before[(at + 1)..]]);
                break;
            case "truncate":
                File.WriteAllBytes(path, before[..(before.Length / 2)]);
                break;
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "delete":
                File.Delete(path);
                break;
            case "extend":
                File.WriteAllBytes(path, [.. before, 1, 2, 3]);
                break;
        }
    }

    private static void Swap(TempFolder folder, string left, string right)
    {
        var (one, other) = (Path.Combine(folder.Data.Root, left), Path.Combine(folder.Data.Root, right));
        var bytes = File.ReadAllBytes(one);
        File.WriteAllBytes(one, File.ReadAllBytes(other));
        File.WriteAllBytes(other, bytes);
    }
}
