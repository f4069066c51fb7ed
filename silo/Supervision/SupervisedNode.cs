using Lucid.Silo.Storage;

namespace Lucid.Silo.Supervision;

/// <summary>One node of the cluster, started again and again until it is stopped.</summary>
/// <param name="running">See <see cref="GuardedProgram.Running"/>.</param>
internal sealed class SupervisedNode(NodePlan plan, string running, SupervisorOptions options, TimeProvider clock, Action<string> say) : IDisposable
{
    private const string Ready = "Lucid is ready on ";
    private const string Reason = "lucid up: ";
    // With these a node says that it cannot run as it is configured, or not in this build or directory. See the silo's Program.
    private const int Misconfigured = 2;
    private const int Missing = 3;
    private const int SignalsAbove = 128;

    private readonly Lock _gate = new();
    private readonly RotatingLog _log = new(plan.LogPath);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Owned by whoever holds the gate.
    private GuardedProcess? _process;
    private Task _minding = Task.CompletedTask;
    // Written by whoever hears the process, one line at a time.
    private volatile string _lastWords = "";

    public string Name => plan.Name;

    /// <summary>Completes when it is ready for the first time, or has ended instead.</summary>
    public Task Settled => _settled.Task;

    /// <summary>Its URL, when it is ready for the first time.</summary>
    public Task<string> FirstReady => _ready.Task;

    /// <summary>Starts it. The task completes when the node has been stopped.</summary>
    /// <exception cref="NodeRefusedException">It ended before it was ready, in a way that another start would not change.</exception>
    public Task RunAsync()
    {
        lock (_gate)
            return _minding = MindAsync();
    }

    /// <summary>Asks it to drain and stop, waits until it has, and kills it where it takes too long.</summary>
    public async Task StopAsync(CancellationToken kill)
    {
        Task minding;
        lock (_gate)
        {
            // From here on it is not started again.
            _stopping.Cancel();
            _process?.Signal("TERM");
            minding = _minding;
        }
        // How it ended, whoever started it hears.
        var ended = Task.WhenAny(minding);
        try
        {
            await ended.WaitAsync(options.StopsWithin, clock, kill);
            return;
        }
        catch (TimeoutException)
        {
            say($"{Name} has not stopped within {options.StopsWithin.TotalSeconds:0} s, and is killed.");
        }
        catch (OperationCanceledException)
        {
            // Whoever asked for it knows.
        }
        lock (_gate)
            _process?.Signal("KILL");
        await ended;
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _log.Dispose();
    }

    private async Task MindAsync()
    {
        for (var isFirst = true; ; isFirst = false)
        {
            string end;
            try
            {
                if (Start() is not { } process)
                    return;
                var code = await EndedAsync(process);
                if (isFirst && !_ready.Task.IsCompleted && code is (Misconfigured or Missing) && !_stopping.IsCancellationRequested)
                    throw new NodeRefusedException(Name, code, _lastWords, plan.LogPath);
                end = Describe(code);
            }
            // No memory, say, or too many processes. The others go on, and it is tried again.
            catch (IOException failed) when (!isFirst)
            {
                end = $"could not be started ({failed.Message.TrimEnd('.')})";
            }
            if (_stopping.IsCancellationRequested)
                return;
            _settled.TrySetResult();
            say($"{Name} {end}. It is started again in {options.RestartAfter.TotalSeconds:0} s; its log: {plan.LogPath}");
            await Task.Delay(options.RestartAfter, clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private GuardedProcess? Start()
    {
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested)
                return null;
            DurableFile.CreateDirectory(plan.Data);
            _lastWords = "";
            return _process = GuardedProcess.Start(new GuardedProgram(options.Command, plan.Data, running) { Environment = plan.Environment }, Hear);
        }
    }

    private async Task<int> EndedAsync(GuardedProcess process)
    {
        var code = await process.Exited;
        lock (_gate)
            _process = null;
        process.Dispose();
        return code;
    }

    private void Hear(string line)
    {
        _log.Append(line);
        if (line.StartsWith(Ready, StringComparison.Ordinal))
        {
            var isFirst = _ready.TrySetResult(line[Ready.Length..].Split(' ')[0]);
            if (_settled.Task.IsCompleted && !isFirst)
                say($"{Name} is ready again.");
            _settled.TrySetResult();
        }
        else if (!IsDetail(line))
        {
            // Why it ends, which may take several lines, is said together with its end.
            var isReason = line.StartsWith(Reason, StringComparison.Ordinal);
            _lastWords = isReason && _lastWords.StartsWith(Reason, StringComparison.Ordinal) ? $"{_lastWords} {line[Reason.Length..]}" : line;
            if (!isReason)
                say($"{Name}: {line}");
        }
    }

    private string Describe(int code) => code > SignalsAbove
        ? $"was ended by signal {code - SignalsAbove}"
        : $"ended with exit code {code}{(_lastWords.Length > 0 ? $" ({_lastWords.TrimEnd('.')})" : "")}";

    /// <summary>What belongs into the log only: information, the frames of a stack, and what a shell says of a killed program.</summary>
    private static bool IsDetail(string line) => string.IsNullOrWhiteSpace(line) || char.IsWhiteSpace(line[0]) || line is "Killed" or "Terminated" || IsInformation(line);

    // As the console logger writes it: 23:59:59 info: Category[0] …
    private static bool IsInformation(string line) => line.Length > 14 && line[2] == ':' && line[5] == ':' && line.AsSpan(9, 5) is "trce:" or "dbug:" or "info:";
}
