using System.Data;
using System.Globalization;

namespace Lucid.Silo.Tests.Database;

/// <summary>Grain state as AdoNetGrainStorage keeps it: the version is the ETag, and a conflict is what that class takes for one.</summary>
public sealed class OrleansStorageQueryTests(PostgresServer server)
{
    [Fact]
    public async Task Write_ThenRead_GivesPayloadAndVersion_AndEachWriteCounts()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        Assert.Null(await ReadAsync(queries, "a"));
        Assert.Equal("1", await WriteAsync(queries, "a", null, [1]));
        Assert.Equal("2", await WriteAsync(queries, "a", "1", [2]));
        var (payload, version) = (await ReadAsync(queries, "a"))!.Value;
        Assert.Equal([2], payload!);
        Assert.Equal("2", version);
        Assert.Null(await ReadAsync(queries, "b"));
        Assert.Null(await ReadAsync(queries, "a", service: "other"));
        Assert.Null(await ReadAsync(queries, "a", type: "other"));
    }

    [Fact]
    public async Task Write_WithAVersionThatIsNoMore_IsAConflict_AndChangesNothing()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        await WriteAsync(queries, "a", null, [1]);
        await WriteAsync(queries, "a", "1", [2]);
        foreach (var stale in new[] { "1", null, "3" })
            Assert.True(IsConflict(await WriteAsync(queries, "a", stale, [9]), stale));
        Assert.True(IsConflict(await WriteAsync(queries, "unknown", "1", [9]), "1"));
        Assert.Equal("2", (await ReadAsync(queries, "a"))!.Value.Version);
        Assert.Equal([2], (await ReadAsync(queries, "a"))!.Value.Payload!);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1")]
    public async Task Write_ByManyAtOnce_SucceedsForOne(string? version)
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        if (version is not null)
            await WriteAsync(queries, "a", null, [0]);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => WriteAsync(queries, "a", version, [(byte)i])));
        Assert.Single(answers, answer => !IsConflict(answer, version));
    }

    [Theory]
    [InlineData("ClearStorageKey")]
    [InlineData("DeleteStorageKey")]
    public async Task ClearAndDelete_TakeTheVersionThatIsThere_AndNoOther(string key)
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        await WriteAsync(queries, "a", null, [1]);
        Assert.True(IsConflict(await ClearAsync(queries, key, "a", "2"), "2"));
        Assert.Equal([1], (await ReadAsync(queries, "a"))!.Value.Payload!);
        Assert.Equal("2", await ClearAsync(queries, key, "a", "1"));
        if (key == "DeleteStorageKey")
        {
            Assert.Null(await ReadAsync(queries, "a"));
            Assert.Equal("1", await WriteAsync(queries, "a", null, [3]));
        }
        else
        {
            Assert.Equal((null, "2"), (await ReadAsync(queries, "a"))!.Value);
            Assert.True(IsConflict(await WriteAsync(queries, "a", "1", [3]), "1"));
            Assert.Equal("3", await WriteAsync(queries, "a", "2", [3]));
        }
    }

    [Fact]
    public async Task Keys_ThatDifferOnlyInTheirHash_AreTwoGrains()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        Assert.Equal("1", await WriteAsync(queries, "x", null, [1], hash: 1));
        Assert.Equal("1", await WriteAsync(queries, "x", null, [2], hash: 2));
        Assert.Equal([1], (await ReadAsync(queries, "x", hash: 1))!.Value.Payload!);
    }

    [Fact]
    public async Task Keys_ThatAreNumbers_HaveNoExtension()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        Assert.Equal("1", await WriteAsync(queries, null, null, [1], number: 7));
        Assert.Equal("1", await WriteAsync(queries, null, null, [2], number: 8));
        Assert.Equal("2", await WriteAsync(queries, null, "1", [3], number: 7));
        Assert.Equal([3], (await ReadAsync(queries, null, number: 7))!.Value.Payload!);
        Assert.Equal([2], (await ReadAsync(queries, null, number: 8))!.Value.Payload!);
    }

    // AdoNetGrainStorage.CheckVersionInconsistency, in other words.
    private static bool IsConflict(string? stored, string? held) => string.IsNullOrEmpty(stored) ? stored is "" || held is not null || stored == held : stored == held;

    private static async Task<string?> WriteAsync(OrleansQueryRunner queries, string? key, string? etag, byte[] payload, int hash = 5, long number = 0)
    {
        var rows = await queries.RunAsync(
            "WriteToStorageKey",
            [.. Grain(key, "service", "type", hash, number), ("GrainStateVersion", DbType.Int32, Number(etag)), ("PayloadBinary", DbType.Binary, payload)]);
        return rows.Select(row => Convert.ToString(row["NewGrainStateVersion"], CultureInfo.InvariantCulture)).SingleOrDefault();
    }

    private static async Task<string?> ClearAsync(OrleansQueryRunner queries, string query, string key, string etag)
    {
        var rows = await queries.RunAsync(query, [.. Grain(key, "service", "type", 5, 0), ("GrainStateVersion", DbType.Int32, Number(etag))]);
        return rows.Select(row => Convert.ToString(row.Values.First(), CultureInfo.InvariantCulture)).SingleOrDefault();
    }

    private static async Task<(byte[]? Payload, string? Version)?> ReadAsync(
        OrleansQueryRunner queries, string? key, string service = "service", string type = "type", int hash = 5, long number = 0)
    {
        var rows = await queries.RunAsync("ReadFromStorageKey", Grain(key, service, type, hash, number));
        return rows.Count == 0 ? null : ((byte[]?)rows.Single()["PayloadBinary"], Convert.ToString(rows[0]["Version"], CultureInfo.InvariantCulture));
    }

    private static (string, DbType, object?)[] Grain(string? key, string service, string type, int hash, long number) =>
    [
        ("GrainIdHash", DbType.Int32, hash), ("GrainIdN0", DbType.Int64, 0L), ("GrainIdN1", DbType.Int64, number), ("GrainTypeHash", DbType.Int32, 77),
        ("GrainTypeString", DbType.String, type), ("GrainIdExtensionString", DbType.String, key), ("ServiceId", DbType.String, service),
    ];

    private static int? Number(string? etag) => etag is null ? null : int.Parse(etag, CultureInfo.InvariantCulture);
}
