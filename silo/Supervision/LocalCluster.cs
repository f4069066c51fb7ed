using System.Security.Cryptography;
using System.Text;
using Lucid.Silo.Configuration;
using Lucid.Silo.Database;
using Lucid.Silo.Hosting;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Supervision;

/// <summary>A whole cluster on this machine, in processes of its own: PostgreSQL, silos, a gateway.</summary>
internal sealed class LocalCluster(NodeOptions options, SupervisorOptions supervision, TimeProvider clock, Action<string> say)
{
    private const string DatabaseName = "lucid";

    // A silo has two pools, Orleans' and ours.
    private const int PoolSize = 20;
    private const int PoolsEach = 2;

    // For migrations, `lucid cluster status`, and whoever looks with psql.
    private const int SpareConnections = 20;

    // Longer than any guard takes to end what it guards: only what has lost its guard too is left then.
    private static readonly TimeSpan _farewells = TimeSpan.FromMinutes(2);

    private readonly ClusterFolder _folder = new(options.Data);
    private readonly int _silos = options.Silos ?? throw new InvalidOperationException("The options are not those of a cluster.");

    /// <summary>Runs until stopped.</summary>
    /// <exception cref="DataFolderInUseException"/>
    /// <exception cref="InvalidDataException">The directory cannot be used, or a file in it.</exception>
    /// <exception cref="IOException">PostgreSQL cannot be started.</exception>
    /// <exception cref="PostgresMissingException"/>
    /// <exception cref="DatabaseSchemaException"/>
    /// <exception cref="NodeRefusedException"/>
    /// <exception cref="OperationCanceledException">Stopped before the nodes were started.</exception>
    public async Task RunAsync(CancellationToken stop, CancellationToken kill)
    {
        using var held = _folder.Take();
        await Leftovers.EndAsync(_folder.Running, _farewells, clock, say, stop);
        var plan = Plan();
        using var log = new RotatingLog(_folder.PostgresLog);
        await using var postgres = await LocalPostgres.PrepareAsync(
            new LocalPostgresOptions(_folder.Postgres, _folder.Running) { Settings = [$"max_connections={(PoolSize * PoolsEach * _silos) + SpareConnections}"] }, log.Append, stop);
        using var stopping = new CancellationTokenSource();
        try
        {
            await StartAsync(postgres, stop);
            var minding = MindAsync(postgres, stopping.Token);
            await new Supervisor(plan, _folder.Running, supervision, clock, say).RunAsync(SayReady, stop, kill);
            await stopping.CancelAsync();
            await minding;
        }
        finally
        {
            await stopping.CancelAsync();
            await postgres.StopAsync(kill);
            // It names a socket that is gone.
            DurableFile.Delete(_folder.Database);
        }
    }

    private ClusterPlan Plan()
    {
        var known = ClusterFile.Read(_folder.File);
        var file = known.For(_silos, ClusterFile.IsFree, RandomNumberGenerator.GetInt32);
        if (file != known)
            file.Write(_folder.File);
        foreach (var (before, now) in known.Silos.Zip(file.Silos).Where(silo => silo.First != silo.Second))
            say($"{now.Name} has new ports, {string.Join(", ", now.All().Except(before.All()))}: somebody listens on those that it had.");
        if (known.Silos.Length > _silos)
            say($"{known.Silos.Length} silos have been started here before, and {_silos} are now: what only the others have stored is not to be read until they are back.");
        return ClusterPlan.Make(
            options, _folder, file, File.Exists(_folder.Options) ? OptionFile.Read(_folder.Options, name => name) : [],
            Environment.GetEnvironmentVariables().Keys.Cast<string>().ToHashSet(StringComparer.OrdinalIgnoreCase));
    }

    private async Task StartAsync(LocalPostgres postgres, CancellationToken stop)
    {
        await postgres.StartAsync(stop);
        await postgres.CreateAsync(DatabaseName, stop);
        var connection = postgres.Connection(DatabaseName, PoolSize);
        await using (var database = new ClusterDatabase(connection))
            await database.MigrateAsync(stop);
        DurableFile.Write(_folder.Database, Encoding.UTF8.GetBytes(connection + "\n"), DurableFile.OwnerOnly);
    }

    /// <summary>Starts PostgreSQL again where it ends by itself: at once, but not more often than a node, so that one that cannot run is not tried for ever in vain.</summary>
    private async Task MindAsync(LocalPostgres postgres, CancellationToken stopping)
    {
        try
        {
            for (var began = clock.GetTimestamp(); ; began = clock.GetTimestamp())
            {
                var code = await postgres.Exited.WaitAsync(stopping);
                var rest = supervision.RestartAfter - clock.GetElapsedTime(began);
                say($"PostgreSQL ended by itself (exit code {code}). It is started again{(rest > TimeSpan.Zero ? $" in {rest.TotalSeconds:0} s" : "")}; its log: {_folder.PostgresLog}");
                if (rest > TimeSpan.Zero)
                    await Task.Delay(rest, clock, stopping);
                try
                {
                    await postgres.StartAsync(stopping);
                    say("PostgreSQL is ready again.");
                }
                catch (IOException failed)
                {
                    say(failed.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is stopped last, by whoever stops us.
        }
    }

    private void SayReady(string url, int ready)
    {
        say($"Lucid is ready on {url} ({(ready == _silos ? "" : $"{ready} of ")}{_silos} {(_silos == 1 ? "silo" : "silos")}, data {_folder.Root}). Ctrl-C stops all.");
        say($"`lucid cluster status --data {_folder.Root}` shows how it is.");
    }
}
