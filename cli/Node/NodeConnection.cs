namespace Lucid.Cli.Node;

/// <summary>Whether a command may start a node where none runs.</summary>
internal enum NodeNeed
{
    /// <summary>Only a node that runs will do.</summary>
    Running,

    /// <summary>What is asked for lies in the data directory: where a node has been, one is started for as long as the command takes.</summary>
    Stored,

    /// <summary>One is started that lives until its last session is anchored.</summary>
    Recording,
}

/// <summary>
/// The node that a command talks to: the one named by --url, the one that runs on the data directory, or one that is started. Found again
/// when it is lost.
/// </summary>
internal sealed class NodeConnection : IAsyncDisposable
{
    private readonly Surroundings _surroundings;
    private readonly NodeFiles _files;
    private readonly Uri? _url;
    private readonly NodeNeed _need;
    private readonly CredentialChoice _credentials;
    /// <summary>How long a node that was not started here is waited for: whoever minds it starts it again, on a directory that must be free then.</summary>
    private static readonly TimeSpan ComesBackWithin = TimeSpan.FromSeconds(30);

    /// <summary>How long a node that holds the directory already may take until it answers.</summary>
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _finding = new(1, 1);
    // Written by whoever holds _finding; read by all requests.
    private volatile NodeAddress? _address;
    private NodeProcess? _started;
    private bool _reached;
    private long? _lostAt;

    private NodeConnection(Surroundings surroundings, NodeFiles files, Uri? url, NodeNeed need, NodeCaller caller)
    {
        _surroundings = surroundings;
        _files = files;
        _url = url;
        _need = need;
        _credentials = new CredentialChoice(surroundings, files, caller);
        Client = new LucidClient(
            () => _address ?? throw new InvalidOperationException("No node was found yet."),
            new LucidClientOptions { Persistence = null, Clock = surroundings.Clock });
        Persistence = new Persistence(PersistenceOptions.Default, surroundings.Clock, new Random(), ReconnectAsync);
    }

    public LucidClient Client { get; }

    public Persistence Persistence { get; }

    /// <param name="url">--url; null to look in the data directory.</param>
    /// <exception cref="CliException">There is none; exit code 3.</exception>
    public static async Task<NodeConnection> OpenAsync(
        Surroundings surroundings, NodeFiles files, Uri? url, NodeNeed need, NodeCaller caller, CancellationToken cancellation)
    {
        var connection = new NodeConnection(surroundings, files, url, need, caller);
        try
        {
            await connection.ReconnectAsync(cancellation);
            return connection;
        }
        catch (NodeUnreachableException e)
        {
            await connection.DisposeAsync();
            throw new CliException(connection.Absence, e, ExitCode.NoNode);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes sure that a node answers, or starts one where that may be done.</summary>
    public async Task ReconnectAsync(CancellationToken cancellation)
    {
        await _finding.WaitAsync(cancellation);
        try
        {
            if ((_address is not null && await Client.Node.IsAliveAsync(cancellation)) || await FindAsync(cancellation) ||
                (MayStart && !ComesBack() && await StartAsync(cancellation)))
            {
                (_reached, _lostAt) = (true, null);
                return;
            }
            if (_reached && _lostAt is null)
            {
                _lostAt = _surroundings.Clock.GetTimestamp();
                _surroundings.Note(
                    $"The node at {_address!.Url.GetLeftPart(UriPartial.Authority)} is gone. Waiting until it is started again (lucid up), for {PersistenceOptions.Default.Patience.TotalMinutes:0} min at most.");
            }
            throw new NodeUnreachableException(_address?.Url ?? new Uri("http://127.0.0.1:8080"), null);
        }
        finally
        {
            _finding.Release();
        }
    }

    /// <summary>Ends a node that was started for this command alone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_started is not null && _need == NodeNeed.Stored)
            await _started.StopAsync();
        Client.Dispose();
        _finding.Dispose();
    }

    private string Absence => _url is not null
        ? $"No node answers at {_url}; check the address, or start one there with: lucid up"
        : $"No node runs on '{_files.Directory}'; start one with: lucid up" +
          (_files.Directory == Path.Combine(_surroundings.Home) ? "" : $" --data {_files.Directory}");

    private bool MayStart => _url is null && _need switch
    {
        NodeNeed.Recording => true,
        NodeNeed.Stored => _files.Used,
        _ => false,
    };

    private async Task<bool> FindAsync(CancellationToken cancellation)
    {
        var url = _url ?? (_files.ReadNotice() is { } notice ? new Uri(notice.Url) : null);
        if (url is null)
            return false;
        _address = new NodeAddress(url, _credentials.For(url, named: _url is not null));
        return await Client.Node.IsAliveAsync(cancellation);
    }

    /// <summary>Whether the node that was lost is somebody else's, who may still start it again.</summary>
    private bool ComesBack()
    {
        if (!_reached || _started is not null)
            return false;
        if (_lostAt is null)
        {
            _lostAt = _surroundings.Clock.GetTimestamp();
            _surroundings.Note(
                $"The node at {_address!.Url.GetLeftPart(UriPartial.Authority)} is gone. Waiting until it is started again (lucid up); after {ComesBackWithin.TotalSeconds:0} s one is started from here.");
        }
        return _surroundings.Clock.GetElapsedTime(_lostAt.Value) < ComesBackWithin;
    }

    private async Task<bool> StartAsync(CancellationToken cancellation)
    {
        var keeps = _need == NodeNeed.Recording;
        _surroundings.Note(keeps
            ? "No node runs: starting one, which stops by itself when its last session is anchored."
            : "No node runs: starting one for this command.");
        if (await NodeProcess.StartAsync(_files, new NodeStart(UntilIdle: keeps), _surroundings, cancellation) is { } started)
        {
            _started = started;
            return await FindAsync(cancellation);
        }
        // Another one has the directory, and may be as new as ours was.
        for (var began = _surroundings.Clock.GetTimestamp(); _surroundings.Clock.GetElapsedTime(began) < AnswersWithin;)
        {
            if (await FindAsync(cancellation))
                return true;
            await Task.Delay(Recheck, _surroundings.Clock, cancellation);
        }
        throw new CliException(
            $"No node answers, and none can be started: {_files.LastWords()}; the whole log: {_files.LogPath}", ExitCode.NoNode);
    }
}
