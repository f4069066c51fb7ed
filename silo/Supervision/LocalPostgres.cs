using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace Lucid.Silo.Supervision;

/// <summary>
/// A PostgreSQL server of our own: a data directory, and a socket in a folder that nobody else may enter instead of a port and a password.
/// It ends with us, however we end.
/// </summary>
internal sealed class LocalPostgres : IAsyncDisposable
{
    private const string User = "lucid";
    private const string Ready = "database system is ready to accept connections";

    // Smart first: nodes whose supervisor was killed still save what they have, and the server goes when the last of them has. Then fast.
    private const string Farewell = "TERM 60 INT 30 QUIT 10";

    // $1 is made anew, for $2 where that is somebody; $3 is the data directory, and the rest the program. It gets the directory as a
    // descriptor: the user that root becomes may not walk there where it lies below a folder like /root.
    private const string Launch = """
        mkdir -m 700 -- "$1" || exit
        [ -z "$2" ] || chown "$2" -- "$1" || exit
        exec 7<"$3" || exit
        shift 3
        exec "$@"
        """;

    // Below this, and not below TMPDIR: a socket's path has at most 107 bytes, and the user that root becomes has to get there.
    private const string SocketParent = "/tmp";
    private const string Data = "/proc/self/fd/7";

    private readonly LocalPostgresOptions _options;
    private readonly PostgresPrograms _programs;
    private readonly UnprivilegedUser? _user;
    private readonly Action<string> _hear;
    // Owned by whoever calls StartAsync and StopAsync, one at a time.
    private GuardedProcess? _server;

    private LocalPostgres(LocalPostgresOptions options, PostgresPrograms programs, UnprivilegedUser? user, Action<string> hear)
    {
        (_options, _programs, _user, _hear) = (options, programs, user, hear);
        Sockets = options.Sockets ?? Path.Combine(SocketParent, $"lucid-pg-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");
    }

    /// <summary>The folder of its socket, which is the host of a connection. The same after another start.</summary>
    public string Sockets { get; }

    /// <summary>The exit code of the server that was started last, when it has ended.</summary>
    public Task<int> Exited => (_server ?? throw new InvalidOperationException("It was not started.")).Exited;

    /// <summary>Finds the programs and, where there is none yet, makes the data directory. Nothing runs afterwards.</summary>
    /// <param name="hear">Told each line that the server writes.</param>
    /// <exception cref="PostgresMissingException"/>
    /// <exception cref="InvalidDataException">Another server runs on the directory.</exception>
    /// <exception cref="IOException">The data directory cannot be made.</exception>
    public static async Task<LocalPostgres> PrepareAsync(LocalPostgresOptions options, Action<string> hear, CancellationToken cancellation)
    {
        var programs = PostgresPrograms.FindFor(options.Folder);
        var postgres = new LocalPostgres(options, programs, UnprivilegedUser.Find(), hear);
        if (Directory.Exists(options.Folder))
            postgres.RemoveStaleLock();
        else
            await postgres.MakeDataAsync(cancellation);
        return postgres;
    }

    /// <summary>Starts the server and waits until it answers. Again, once it has ended.</summary>
    /// <exception cref="IOException">It ended instead; the message has what it said last.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        RemoveStaleLock();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var lastWords = "it said nothing";
        _server = Run(
            Sockets, _options.Folder, Farewell,
            [
                _programs.Postgres, "-D", Data, "-c", "listen_addresses=", "-c", $"unix_socket_directories={Sockets}", "-c", "lc_messages=C", "-c", "cluster_name=lucid",
                .. _options.IsLasting ? (string[])[] : ["-c", "fsync=off"],
                .. _options.Settings.SelectMany(setting => (string[])["-c", setting]),
            ],
            line =>
            {
                lastWords = line;
                _hear(line);
                if (line.Contains(Ready, StringComparison.Ordinal))
                    ready.TrySetResult();
            });
        await Task.WhenAny(ready.Task, _server.Exited).WaitAsync(cancellation);
        if (!ready.Task.IsCompleted)
            throw new IOException($"PostgreSQL did not start (exit code {await _server.Exited}): {lastWords}");
    }

    /// <param name="pool">The most connections that one process has open.</param>
    public string Connection(string database, int pool) =>
        new NpgsqlConnectionStringBuilder { Host = Sockets, Database = database, Username = User, MaxPoolSize = pool }.ConnectionString;

    /// <summary>Makes a database where it is not there.</summary>
    public async Task CreateAsync(string database, CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(Connection("postgres", 1));
        await using var exists = source.CreateCommand("SELECT EXISTS (SELECT FROM pg_database WHERE datname=$1)");
        exists.Parameters.AddWithValue(database);
        if (await exists.ExecuteScalarAsync(cancellation) is true)
            return;
#pragma warning disable CA2100 // A name cannot be a parameter; this one is quoted.
        await using var create = source.CreateCommand($"CREATE DATABASE {new NpgsqlCommandBuilder().QuoteIdentifier(database)}");
#pragma warning restore CA2100
        await create.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Stops it the fast way: connections are closed, transactions rolled back, and the next start has nothing to recover.</summary>
    /// <param name="kill">Stops it at once; the next start recovers.</param>
    public async Task StopAsync(CancellationToken kill)
    {
        if (_server is null)
            return;
        // Both: in the moments before it is PostgreSQL the shell's way of starting it has it ignore the second, and afterwards the second hastens the first.
        _server.Signal("TERM");
        _server.Signal("INT");
        await using (kill.Register(() => _server.Signal("QUIT")))
            await _server.Exited;
        _server.Dispose();
        _server = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    private async Task MakeDataAsync(CancellationToken cancellation)
    {
        // Under another name until it is whole.
        var unfinished = $"{_options.Folder}.unfinished";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        var said = new List<string>();
        using var initdb = Run(
            unfinished, unfinished, "KILL 5",
            [
                _programs.Initdb, "-D", Data, "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C", "--data-checksums",
                .. _options.IsLasting ? (string[])[] : ["--no-sync"],
            ],
            said.Add);
        try
        {
            var code = await initdb.Exited.WaitAsync(cancellation);
            if (code != 0)
                throw new IOException($"initdb could not make {_options.Folder} (exit code {code}): {string.Join(' ', said)}");
        }
        catch (OperationCanceledException)
        {
            initdb.Signal("KILL");
            await initdb.Exited;
            throw;
        }
        Directory.Move(unfinished, _options.Folder);
    }

    private GuardedProcess Run(string made, string data, string farewell, ImmutableArray<string> command, Action<string> hear) =>
        GuardedProcess.Start(
            new GuardedProgram(["sh", "-c", Launch, "launch", made, _user?.ToString() ?? "", data, .. _user?.Become ?? [], .. command], "/", _options.Running)
            {
                Farewell = farewell,
                Rubbish = made == Sockets ? _options.Rubbish ?? Sockets : null,
            },
            hear);

    /// <summary>
    /// PostgreSQL refuses to start where a file names a process that lives. After a crash of the machine that may be any other one, and
    /// always is in a container, whose ids begin anew.
    /// </summary>
    private void RemoveStaleLock()
    {
        var file = Path.Combine(_options.Folder, "postmaster.pid");
        if (!File.Exists(file))
            return;
        var text = File.ReadAllText(file);
        // A server runs in its data directory; through any other process's eyes this file is not there.
        if (int.TryParse(text.Split('\n')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id) && SeenBy(id) == text)
            throw new InvalidDataException($"Another PostgreSQL runs on {_options.Folder}, as process {id}. Stop it with `kill -INT {id}`.");
        File.Delete(file);
    }

    private static string? SeenBy(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cwd/postmaster.pid");
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
