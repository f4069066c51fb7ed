using System.Data;

namespace Lucid.Silo.Tests.Database;

/// <summary>Reminders as the AdoNet provider keeps them: by grain and name, read by parts of the ring of hashes.</summary>
public sealed class OrleansReminderQueryTests(PostgresServer server)
{
    private static readonly DateTime _start = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [Fact]
    public async Task Upsert_CountsTheVersion_AndIsReadBack()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        Assert.Equal(0, await UpsertAsync(queries, "a", "wake", 60_000));
        Assert.Equal(1, await UpsertAsync(queries, "a", "wake", 4_000_000_000L));
        Assert.Equal(0, await UpsertAsync(queries, "a", "other", 60_000));
        var row = Assert.Single(await queries.RunAsync("ReadReminderRowKey", Service, Grain("a"), ("ReminderName", DbType.String, "wake")));
        Assert.Equal(["a", "wake", _start, 4_000_000_000L, 1], new[] { "GrainId", "ReminderName", "StartTime", "Period", "Version" }.Select(column => row[column]));
        Assert.Equal(2, (await queries.RunAsync("ReadReminderRowsKey", Service, Grain("a"))).Count);
        Assert.Empty(await queries.RunAsync("ReadReminderRowsKey", Service, Grain("b")));
    }

    [Theory]
    [InlineData("ReadRangeRows1Key", -10, 10, "middle,end")]
    [InlineData("ReadRangeRows2Key", 10, -10, "begin,far")]
    [InlineData("ReadRangeRows2Key", 0, 0, "begin,end,far,middle")]
    public async Task Range_ExcludesItsBeginning_AndIncludesItsEnd(string key, int begin, int end, string expected)
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        foreach (var (grain, hash) in new[] { ("begin", -10), ("middle", 0), ("end", 10), ("far", int.MaxValue) })
            await UpsertAsync(queries, grain, "wake", 60_000, hash);
        var rows = await queries.RunAsync(key, Service, ("BeginHash", DbType.Int32, begin), ("EndHash", DbType.Int32, end));
        Assert.Equal(expected.Split(',').Order(StringComparer.Ordinal), rows.Select(row => (string)row["GrainId"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Delete_TakesTheVersionThatIsThere_AndNoOther()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        await UpsertAsync(queries, "a", "wake", 60_000);
        await UpsertAsync(queries, "a", "wake", 60_000);
        Assert.False(await DeleteAsync(queries, "a", "wake", version: 0));
        Assert.True(await DeleteAsync(queries, "a", "wake", version: 1));
        Assert.False(await DeleteAsync(queries, "a", "wake", version: 1));
        await UpsertAsync(queries, "b", "wake", 60_000);
        await queries.RunAsync("DeleteReminderRowsKey", Service);
        Assert.Empty(await queries.RunAsync("ReadReminderRowsKey", Service, Grain("b")));
    }

    private static (string, DbType, object?) Service => ("ServiceId", DbType.String, "s");

    private static (string, DbType, object?) Grain(string id) => ("GrainId", DbType.AnsiString, id);

    // The provider sends a period as an integer of 32 bits where it fits.
    private static async Task<int> UpsertAsync(OrleansQueryRunner queries, string grain, string name, long period, int hash = 0) =>
        (int)(await queries.RunAsync(
            "UpsertReminderRowKey", Service, ("GrainHash", DbType.Int32, hash), Grain(grain), ("ReminderName", DbType.String, name),
            ("StartTime", DbType.DateTime, _start), period <= int.MaxValue ? ("Period", DbType.Int32, (int)period) : ("Period", DbType.Int64, period)))[0]["Version"]!;

    private static Task<bool> DeleteAsync(OrleansQueryRunner queries, string grain, string name, int version) => queries.SaysYesAsync(
        "DeleteReminderRowKey", Service, Grain(grain), ("ReminderName", DbType.String, name), ("Version", DbType.Int32, version));
}
