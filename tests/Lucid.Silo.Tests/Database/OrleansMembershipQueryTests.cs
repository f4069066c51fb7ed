using System.Data;

namespace Lucid.Silo.Tests.Database;

/// <summary>The table of silos as the clustering provider keeps it: a change is taken only with the version that is there.</summary>
public sealed class OrleansMembershipQueryTests(PostgresServer server)
{
    private const int Active = 3;
    private const int Dead = 6;
    private static readonly DateTime _start = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [Fact]
    public async Task Version_IsMadeOnce_AndIsReadWithoutSilos()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        Assert.True(await queries.SaysYesAsync("InsertMembershipVersionKey", Cluster));
        Assert.False(await queries.SaysYesAsync("InsertMembershipVersionKey", Cluster));
        foreach (var rows in new[] { await queries.RunAsync("MembershipReadAllKey", Cluster), await queries.RunAsync("MembershipReadRowKey", [Cluster, .. Silo(1)]) })
        {
            var row = Assert.Single(rows);
            Assert.Equal(0, row["Version"]);
            Assert.Null(row["StartTime"]);
        }
    }

    [Fact]
    public async Task Insert_WithTheVersion_Joins_AndIsReadBack()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        await queries.SaysYesAsync("InsertMembershipVersionKey", Cluster);
        Assert.True(await InsertAsync(queries, 1, version: 0));
        Assert.True(await InsertAsync(queries, 2, version: 1));
        Assert.Equal(2, (await queries.RunAsync("MembershipReadAllKey", Cluster)).Count);
        var row = Assert.Single(await queries.RunAsync("MembershipReadRowKey", [Cluster, .. Silo(2)]));
        Assert.Equal(
            ["c", "::1", 11111, 2, "silo-2", "host", Active, 30000, null, _start, _start, 2],
            new[] { "DeploymentId", "Address", "Port", "Generation", "SiloName", "HostName", "Status", "ProxyPort", "SuspectTimes", "StartTime", "IAmAliveTime", "Version" }
                .Select(column => row[column]));
    }

    [Fact]
    public async Task Insert_WithAnotherVersion_OrOfASiloThatIsThere_ChangesNothing()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        await queries.SaysYesAsync("InsertMembershipVersionKey", Cluster);
        Assert.True(await InsertAsync(queries, 1, version: 0));
        Assert.False(await InsertAsync(queries, 2, version: 0));
        Assert.False(await InsertAsync(queries, 2, version: 2));
        Assert.False(await InsertAsync(queries, 1, version: 1));
        Assert.Equal(1, Assert.Single(await queries.RunAsync("MembershipReadAllKey", Cluster))["Version"]);
    }

    [Fact]
    public async Task Update_WithTheVersion_Changes_AndOtherwiseNothing()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        await queries.SaysYesAsync("InsertMembershipVersionKey", Cluster);
        await InsertAsync(queries, 1, version: 0);
        Assert.False(await UpdateAsync(queries, 1, "suspects", version: 0));
        Assert.False(await UpdateAsync(queries, 2, "suspects", version: 1));
        Assert.Equal(1, Assert.Single(await queries.RunAsync("MembershipReadAllKey", Cluster))["Version"]);
        Assert.True(await UpdateAsync(queries, 1, "suspects", version: 1));
        var row = Assert.Single(await queries.RunAsync("MembershipReadAllKey", Cluster));
        Assert.Equal([2, Dead, "suspects", _start.AddMinutes(1)], [row["Version"], row["Status"], row["SuspectTimes"], row["IAmAliveTime"]]);
        Assert.True(await UpdateAsync(queries, 1, null, version: 2));
    }

    [Fact]
    public async Task Changes_OfManyAtOnce_AreTakenOneAfterTheOther()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        await queries.SaysYesAsync("InsertMembershipVersionKey", Cluster);
        Assert.Single(await Task.WhenAll(Enumerable.Range(1, 8).Select(silo => InsertAsync(queries, silo, version: 0))), true);
        var there = Assert.Single(await queries.RunAsync("MembershipReadAllKey", Cluster));
        Assert.Equal(1, there["Version"]);
        Assert.Single(await Task.WhenAll(Enumerable.Range(1, 8).Select(_ => UpdateAsync(queries, (int)there["Generation"]!, "s", version: 1))), true);
    }

    [Fact]
    public async Task SignOfLife_LeavesTheVersion()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        await queries.SaysYesAsync("InsertMembershipVersionKey", Cluster);
        await InsertAsync(queries, 1, version: 0);
        await queries.RunAsync("UpdateIAmAlivetimeKey", [Cluster, .. Silo(1), ("IAmAliveTime", DbType.DateTime, _start.AddHours(1))]);
        var row = Assert.Single(await queries.RunAsync("MembershipReadAllKey", Cluster));
        Assert.Equal([1, _start.AddHours(1)], [row["Version"], row["IAmAliveTime"]]);
    }

    [Fact]
    public async Task Gateways_AreActiveSilosWithAProxyPort_AndDefunctOnesAreCleanedUp()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var queries = new OrleansQueryRunner(database);
        await queries.SaysYesAsync("InsertMembershipVersionKey", Cluster);
        await InsertAsync(queries, 1, version: 0);
        await InsertAsync(queries, 2, version: 1, proxyPort: 0);
        await InsertAsync(queries, 3, version: 2);
        await UpdateAsync(queries, 3, null, version: 3);
        var gateway = Assert.Single(await queries.RunAsync("GatewaysQueryKey", Cluster, ("Status", DbType.Int32, Active)));
        Assert.Equal(["::1", 30000, 1], [gateway["Address"], gateway["ProxyPort"], gateway["Generation"]]);
        await queries.RunAsync("CleanupDefunctSiloEntriesKey", Cluster, ("IAmAliveTime", DbType.DateTime, _start.AddDays(1)));
        Assert.Equal([1, 2], (await queries.RunAsync("MembershipReadAllKey", Cluster)).Select(row => row["Generation"]).Order());
        await queries.RunAsync("DeleteMembershipTableEntriesKey", Cluster);
        Assert.Empty(await queries.RunAsync("MembershipReadAllKey", Cluster));
    }

    private static (string, DbType, object?) Cluster => ("DeploymentId", DbType.String, "c");

    private static (string, DbType, object?)[] Silo(int generation) =>
        [("Address", DbType.AnsiString, "::1"), ("Port", DbType.Int32, 11111), ("Generation", DbType.Int32, generation)];

    private static Task<bool> InsertAsync(OrleansQueryRunner queries, int generation, int version, int proxyPort = 30000) => queries.SaysYesAsync(
        "InsertMembershipKey",
        [
            Cluster, ("IAmAliveTime", DbType.DateTime, _start), ("SiloName", DbType.String, $"silo-{generation}"), ("HostName", DbType.String, "host"),
            .. Silo(generation), ("StartTime", DbType.DateTime, _start), ("Status", DbType.Int32, Active), ("ProxyPort", DbType.Int32, proxyPort),
            ("Version", DbType.Int32, version),
        ]);

    private static Task<bool> UpdateAsync(OrleansQueryRunner queries, int generation, string? suspects, int version) => queries.SaysYesAsync(
        "UpdateMembershipKey",
        [
            Cluster, .. Silo(generation), ("IAmAliveTime", DbType.DateTime, _start.AddMinutes(1)), ("Status", DbType.Int32, Dead),
            ("SuspectTimes", DbType.String, suspects), ("Version", DbType.Int32, version),
        ]);
}
