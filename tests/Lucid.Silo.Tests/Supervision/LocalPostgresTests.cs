using System.Diagnostics;
using System.Globalization;
using Lucid.Silo.Supervision;
using Lucid.Silo.Tests.Database;
using Npgsql;

namespace Lucid.Silo.Tests.Supervision;

/// <summary>A server of our own, through starts, stops and crashes.</summary>
public sealed class LocalPostgresTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    // Root's alone, as a home directory is, and longer than the path of a socket may be.
    private readonly string _folder = Directory.CreateTempSubdirectory($"lucid-test-{new string('x', 100)}-").FullName;
    private readonly SaidLines _said = new();

    private LocalPostgresOptions Options => new(Path.Combine(_folder, "postgres"), Path.Combine(_folder, "running")) { IsLasting = false };

    public LocalPostgresTests()
    {
        PostgresServer.Require();
        File.WriteAllBytes(Options.Running, []);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task SecondStart_HasWhatTheFirstMade_AndNothingIsLeftOfEither()
    {
        string sockets;
        await using (var first = await StartAsync())
        {
            sockets = first.Sockets;
            await first.CreateAsync("lucid", default);
            Assert.Equal("on", await ReadAsync(first, "SHOW data_checksums"));
            Assert.Equal("UTF8", await ReadAsync(first, "SHOW server_encoding"));
            Assert.Equal("", await ReadAsync(first, "SHOW listen_addresses"));
            await ReadAsync(first, "CREATE TABLE kept(); SELECT 'made'");
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(sockets));
        }
        Assert.False(Directory.Exists(sockets));
        Assert.EndsWith("database system is shut down", _said.All[^1], StringComparison.Ordinal);
        await using var second = await StartAsync();
        await second.CreateAsync("lucid", default);
        Assert.Equal("0", await ReadAsync(second, "SELECT count(*)::text FROM kept"));
    }

    [Fact]
    public async Task Start_AfterTheServerWasKilled_Recovers_AtTheSamePlace()
    {
        await using var postgres = await StartAsync();
        await postgres.CreateAsync("lucid", default);
        await ReadAsync(postgres, "CREATE TABLE kept(); SELECT 'made'");
        using (var server = Process.GetProcessById(ServerId()))
            server.Kill();
        Assert.Equal(137, await postgres.Exited.WaitAsync(_patience));
        var sockets = postgres.Sockets;
        await postgres.StartAsync(default);
        Assert.Equal(sockets, postgres.Sockets);
        Assert.Equal("0", await ReadAsync(postgres, "SELECT count(*)::text FROM kept"));
    }

    [Fact]
    public async Task Start_WhereAStaleFileNamesAnotherProcess_IsNotRefused()
    {
        var postgres = await StartAsync();
        var id = ServerId();
        using (var server = Process.GetProcessById(id))
            server.Kill();
        await postgres.Exited.WaitAsync(_patience);
        // As after a restart of a container: the id is another process's, which PostgreSQL's own user may not even ask about.
        var file = Path.Combine(Options.Folder, "postmaster.pid");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace($"{id}\n", $"{Environment.ProcessId}\n", StringComparison.Ordinal));
        await using var again = await StartAsync();
        Assert.Equal("1", await ReadAsync(again, "SELECT '1'", "postgres"));
    }

    [Fact]
    public async Task SecondServer_OnADirectoryInUse_IsRefused_AndTheFirstGoesOn()
    {
        await using var postgres = await StartAsync();
        var refused = await Assert.ThrowsAsync<InvalidDataException>(StartAsync);
        Assert.Equal($"Another PostgreSQL runs on {Options.Folder}, as process {ServerId()}. Stop it with `kill -INT {ServerId()}`.", refused.Message);
        Assert.Equal("1", await ReadAsync(postgres, "SELECT '1'", "postgres"));
    }

    [Fact]
    public async Task Stop_InTheMomentOfTheStart_IsObeyed()
    {
        var postgres = await LocalPostgres.PrepareAsync(Options, _said.Add, default);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => postgres.StartAsync(new CancellationToken(canceled: true)));
        await postgres.StopAsync(default).WaitAsync(_patience);
        Assert.False(Directory.Exists(postgres.Sockets));
    }

    [Fact]
    public async Task Server_ThatCannotStart_SaysWhy()
    {
        await using (await StartAsync())
            Assert.NotEmpty(_said.All);
        var refused = await Assert.ThrowsAsync<IOException>(async () =>
        {
            await using var postgres = await LocalPostgres.PrepareAsync(Options with { Settings = ["shared_buffers=much"] }, _said.Add, default);
            await postgres.StartAsync(default);
        });
        Assert.StartsWith("PostgreSQL did not start (exit code 1): ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("shared_buffers", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Programs_ForDataOfAnotherVersion_AreNamedWithTheirPackage()
    {
        File.WriteAllText(Path.Combine(_folder, "PG_VERSION"), "9\n");
        Assert.StartsWith($"{_folder} was made by PostgreSQL 9, which is not installed", Assert.Throws<PostgresMissingException>(() => PostgresPrograms.FindFor(_folder)).Message, StringComparison.Ordinal);
    }

    private async Task<LocalPostgres> StartAsync()
    {
        var postgres = await LocalPostgres.PrepareAsync(Options, _said.Add, default);
        await postgres.StartAsync(default).WaitAsync(_patience);
        return postgres;
    }

    private int ServerId() => int.Parse(File.ReadLines(Path.Combine(Options.Folder, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private static async Task<string?> ReadAsync(LocalPostgres postgres, string sql, string database = "lucid")
    {
        await using var source = NpgsqlDataSource.Create($"{postgres.Connection(database, 1)};Pooling=false");
        await using var command = source.CreateCommand(sql);
        return (string?)await command.ExecuteScalarAsync();
    }
}
