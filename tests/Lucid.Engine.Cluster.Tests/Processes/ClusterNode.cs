using System.Collections.Immutable;
using System.Security.Cryptography;
using Lucid.Silo.Clustering;
using Lucid.Silo.Storage;
using Lucid.Silo.Supervision;
using Lucid.Silo.Tests.Supervision;

namespace Lucid.Engine.Cluster.Tests.Processes;

/// <summary>
/// One silo or gateway of a cluster, over all of its starts: the same ports and data directory each time. It ends with the test process,
/// however that ends.
/// </summary>
/// <param name="running">See <see cref="GuardedProgram.Running"/>.</param>
internal sealed class ClusterNode(string name, DataFolder folder, ImmutableDictionary<string, string?> environment, string running) : IAsyncDisposable
{
    // A silo joins within 30 s or says why not; two cores are shared with other tests.
    private static readonly TimeSpan _starts = TimeSpan.FromMinutes(3);

    // The host's own limit is 30 s.
    private static readonly TimeSpan _stops = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _dies = TimeSpan.FromMinutes(1);

    // Nothing else runs in a group of such a number.
    private const int FirstGroup = 1 << 20;

    private const string ReadyOn = "Lucid is ready on ";
    private const int LinesKept = 30;
    private const int LongestLine = 400;

    private readonly SaidLines _said = new();
    private GuardedProcess? _process;
    private TaskCompletionSource<Uri> _ready = NewReady();

    public string Name => name;
    public DataFolder Folder => folder;

    /// <summary>What it is told to do.</summary>
    public ImmutableArray<string> Arguments { get; init; } = ["up"];

    /// <summary>The group that its processes run in, and nothing else does, where we may choose: by it a <see cref="NetworkCut"/> knows what they send.</summary>
    public int Group { get; } = RandomNumberGenerator.GetInt32(FirstGroup, int.MaxValue);

    /// <summary>Whether its process is there, be it suspended.</summary>
    public bool IsRunning => _process is { Exited.IsCompleted: false };

    /// <summary>The exit code of the process that was started last, when it has ended.</summary>
    public Task<int> Exited => _process!.Exited;

    /// <summary>How often it said that a write was refused because another activation had written before.</summary>
    public int RefusedVersions { get; private set; }

    /// <summary>What its processes wrote last, for the message of a failure.</summary>
    public IEnumerable<string> LastLines => _said.All.TakeLast(LinesKept).Select(line => line.Length <= LongestLine ? line : $"{line[..LongestLine]}…");

    public void Start()
    {
        Assert.False(IsRunning, $"{name} runs already.");
        _process?.Dispose();
        _ready = NewReady();
        ImmutableArray<string> group = Environment.IsPrivilegedProcess ? ["setpriv", "--regid", $"{Group}", "--keep-groups"] : [];
        _process = GuardedProcess.Start(
            new GuardedProgram([.. group, "dotnet", typeof(SiloHost).Assembly.Location, .. Arguments], folder.Root, running) { Environment = environment, Farewell = "KILL 5" }, Hear);
    }

    /// <summary>Waits until it says that it is ready.</summary>
    /// <returns>Where it listens.</returns>
    public async Task<Uri> ReadyAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.WhenAny(_ready.Task, Exited).WaitAsync(_starts, TimeProvider.System, cancellation);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{name} was not ready within {_starts.TotalSeconds} s.");
        }
        Assert.True(_ready.Task.IsCompleted, $"{name} ended with {(Exited.IsCompleted ? await Exited : 0)} instead of getting ready.");
        return await _ready.Task;
    }

    /// <summary>Waits until it says a line that begins so, unless it has.</summary>
    public Task SaysAsync(string line, TimeSpan within, CancellationToken cancellation) => _said.WaitAsync(line, within).WaitAsync(cancellation);

    /// <summary>kill -9. Whatever else ended it before is a failure.</summary>
    public async Task KillAsync()
    {
        _process!.Signal("KILL");
        var code = await EndAsync(_dies);
        Assert.True(code == 137, $"{name} had ended by itself, with {code}.");
    }

    /// <summary>SIGTERM, as systemd or its supervisor stops it.</summary>
    public async Task StopAsync()
    {
        _process!.Signal("TERM");
        var code = await EndAsync(_stops);
        Assert.True(code == 0, $"{name} was told to stop and ended with {code}.");
    }

    /// <summary>Stops in the middle of whatever it does, with its connections open: to the others it looks cut off.</summary>
    public void Suspend() => _process!.Signal("STOP");

    public void Continue() => _process!.Signal("CONT");

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        _process.Signal("KILL");
        await EndAsync(_dies);
        _process.Dispose();
    }

    private static TaskCompletionSource<Uri> NewReady() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<int> EndAsync(TimeSpan within)
    {
        try
        {
            return await Exited.WaitAsync(within, TimeProvider.System, CancellationToken.None);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{name} was to end and had not done so {within.TotalSeconds} s later.", late);
        }
    }

    private void Hear(string line)
    {
        _said.Add(line);
        // The sentence of a StateConflictException.
        if (line.Contains("was written by another activation", StringComparison.Ordinal))
            RefusedVersions++;
        if (line.StartsWith(ReadyOn, StringComparison.Ordinal))
            _ready.TrySetResult(new Uri(line[ReadyOn.Length..].Split(' ')[0]));
    }
}
