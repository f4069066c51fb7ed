using Lucid.Silo.Audit;
using Lucid.Silo.Ledger;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Tests.Audit;

/// <summary>
/// Bytes all over the files that hold what cannot be made again are flipped one at a time. Each is found by the audit, or proved to be one
/// that nobody reads: a database whose rows are all the same, or a copy of a value whose end lies before the byte.
/// </summary>
public sealed class SweepTests(RecordedFolder recorded) : IClassFixture<RecordedFolder>
{
    private const int PositionsPerFile = 24;

    public static TheoryData<string> Files => new(
        "chunks", "keys", "grains.db", "trust", "ledger/blocks", "ledger/log", "ledger/genesis", "ledger/votes", "ledger/checkpoints.db", "ledger/index.db");

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Flip_OfAnyByte_IsFoundOrHarmless(string name)
    {
        using var folder = recorded.Copy();
        var random = new Random(name.Length);
        var path = Path.Combine(folder.Data.Root, name);
        var isDatabase = path.EndsWith(".db", StringComparison.Ordinal);
        foreach (var file in Directory.Exists(path) ? RecordedFolder.Files(folder, name).Select(one => Path.Combine(folder.Data.Root, one)).ToList() : [path])
        {
            var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            var rows = isDatabase ? Dump(file) : "";
            foreach (var position in Positions(bytes.Length, isDatabase ? 8 * PositionsPerFile : PositionsPerFile, random))
            {
                var flip = (byte)(1 << random.Next(8));
                Overwrite(file, position, (byte)(bytes[position] ^ flip));
                var report = await RecordedFolder.AuditAsync(folder);
                var relative = Path.GetRelativePath(folder.Data.Root, file);
                var isNamed = report.Findings.Any(finding => finding.Severity != AuditSeverity.Note && finding.File == relative);
                Assert.True(isNamed || (isDatabase && Dump(file) == rows) || IsUnread(file, bytes, position),
                    $"seed {name.Length}: {relative}, byte {position} of {bytes.Length} flipped by 0x{flip:x2} was not named:\n{AuditTests.Describe(report)}");
                Overwrite(file, position, bytes[position]);
            }
        }
    }

    private static IEnumerable<int> Positions(int length, int count, Random random) =>
        length <= count ? Enumerable.Range(0, length) : Enumerable.Range(0, count).Select(_ => random.Next(length)).Append(0).Append(length - 1);

    private static void Overwrite(string file, int position, byte value)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.Write(handle, [value], position);
    }

    /// <summary>A value that is kept twice ends before its copy does.</summary>
    private static bool IsUnread(string file, byte[] bytes, int position)
    {
        if (Path.GetFileName(file) is not ("votes" or "size"))
            return false;
        var copy = position / TwinFile.CopySize * TwinFile.CopySize;
        return position - copy >= 16 + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(copy));
    }

    /// <summary>Every row of every table.</summary>
    private static string Dump(string file)
    {
        try
        {
            using var connection = new SqliteConnection($"Data Source=file:{file}?immutable=1;Mode=ReadOnly;Pooling=False");
            connection.Open();
            return string.Join('\n', Read("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
                .SelectMany(table => Read($"SELECT * FROM \"{table[0]}\"").Prepend(table)).Select(row => string.Join('|', row)));

            List<string[]> Read(string sql)
            {
                using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Names of tables that the file itself gave.
                command.CommandText = sql;
#pragma warning restore CA2100
                using var reader = command.ExecuteReader();
                var rows = new List<string[]>();
                while (reader.Read())
                    rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) is byte[] blob ? Convert.ToHexString(blob) : $"{reader.GetValue(i)}")]);
                return rows;
            }
        }
        catch (SqliteException damage)
        {
            return damage.Message;
        }
    }
}
