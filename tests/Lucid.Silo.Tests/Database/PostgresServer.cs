using System.Diagnostics;
using Lucid.Silo.Tests.Database;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Lucid.Silo.Tests.Database;

/// <summary>
/// A PostgreSQL server of this test process's own, started when the first test asks for a database: data and socket in a temporary folder, no
/// port. It ends with the process, however that ends: its keeper, a shell in a process group of its own, waits for its input to close, which
/// the kernel does for a killed process too, and then stops the server and deletes the folder.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string NotInstalled = "PostgreSQL is not installed; ./lucid test --install-packages installs it";

    // $1 is the folder of the server's programs, $2 our folder, and the rest what makes another user of root, whom PostgreSQL refuses.
    private const string Keeper = """
        bin=$1 home=$2
        shift 2
        trap 'rm -rf "$home"' EXIT
        cd "$home"
        fail() { cat out log; exit 1; }
        "$@" "$bin/initdb" -D "$home/data" -U lucid -A trust -E UTF8 --locale=C --no-sync >out 2>&1 || fail
        "$@" "$bin/postgres" -D "$home/data" -c listen_addresses= -c unix_socket_directories="$home" \
            -c fsync=off -c max_connections=200 -c shared_buffers=32MB >log 2>&1 </dev/null &
        server=$! tries=600
        until "$bin/pg_isready" -q -h "$home"; do
            kill -0 $server 2>/dev/null && [ $((tries -= 1)) -gt 0 ] || fail
            sleep 0.1
        done
        echo ready
        read -r _
        kill -QUIT $server
        wait $server
        """;

    private readonly Lazy<Task<string>> _home;
    private Process? _keeper;
    private int _databases;

    public PostgresServer() => _home = new Lazy<Task<string>>(StartAsync);

    /// <summary>A new, empty database. Skips the test where there is no PostgreSQL.</summary>
    public async Task<TestDatabase> CreateAsync()
    {
        Assert.SkipWhen(Programs() is null, NotInstalled);
        var home = await _home.Value;
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        var database = new TestDatabase(home, name);
        await database.ExecuteOnServerAsync($"CREATE DATABASE {name}");
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        if (_keeper is null)
            return;
        NpgsqlConnection.ClearAllPools();
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync();
        _keeper.Dispose();
    }

    private static string? Programs() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql")
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin"))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
        : null;

    private async Task<string> StartAsync()
    {
        var home = Directory.CreateTempSubdirectory("lucid-pg-").FullName;
        List<string> arguments = ["sh", "-c", Keeper, "keeper", Programs()!, home];
        if (Environment.IsPrivilegedProcess)
        {
            var user = (await File.ReadAllLinesAsync("/etc/passwd")).Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";
            using var chown = Process.Start("chown", [user, home]);
            await chown.WaitForExitAsync();
            arguments.AddRange(["setpriv", $"--reuid={user}", "--clear-groups", "--"]);
        }
        else
        {
            arguments.Add("env");
        }
        _keeper = Process.Start(new ProcessStartInfo("setsid", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var said = await _keeper.StandardOutput.ReadLineAsync();
        return said == "ready"
            ? home
            : throw new InvalidOperationException($"PostgreSQL did not start: {said}\n{await _keeper.StandardOutput.ReadToEndAsync()}");
    }
}
