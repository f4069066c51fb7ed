using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Tests.Kills;

/// <summary>A real node as a process of its own, to be killed without a word.</summary>
internal sealed class NodeProcess : IDisposable
{
    private const int KilledBySignal9 = 137;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly DataFolder _folder;
    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _started = Stopwatch.GetTimestamp();
    private volatile bool _killed;

    private NodeProcess(DataFolder folder, Process process)
    {
        (_folder, _process) = (folder, process);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Exited = process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Completes when the process is gone and everything that it said was heard.</summary>
    public Task Exited { get; }

    /// <summary>Whether we have killed it, or are about to.</summary>
    public bool IsKilled => _killed;

    /// <summary>How long it took until the ready line.</summary>
    public TimeSpan StartedWithin { get; private set; }

    public static NodeProcess Start(DataFolder folder)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])
            [typeof(Hosting.NodeHost).Assembly.Location, "up", "--data", folder.Root, "--urls", "http://127.0.0.1:0", "--block-interval", "100"])
            start.ArgumentList.Add(argument);
        return new NodeProcess(folder, Process.Start(start)!);
    }

    /// <summary>Waits for the ready line, and connects.</summary>
    public async Task<NodeApi> ReadyAsync()
    {
        await Task.WhenAny(_ready.Task, Exited).WaitAsync(_patience);
        Assert.True(_ready.Task.IsCompleted, $"The node ended with {(_process.HasExited ? _process.ExitCode : 0)} instead of getting ready: {Said}");
        var url = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.NodeFile)).RootElement.GetProperty("url").GetString()!;
        return new NodeApi(new Uri(url), (await File.ReadAllTextAsync(_folder.Token)).Trim());
    }

    /// <summary>kill -9, and waits until the process is gone. Whatever else ended it before is a failure.</summary>
    public async Task KillAsync()
    {
        _killed = true;
        _process.Kill();
        await Exited.WaitAsync(_patience);
        Assert.True(_process.ExitCode == KilledBySignal9, $"The node had ended by itself, with {_process.ExitCode}: {Said}");
    }

    /// <summary>What the node wrote, for the message of a failure.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    public void Dispose()
    {
        if (!_killed && !_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
            return;
        lock (_said)
            _said.AppendLine(line);
        if (!line.StartsWith("Lucid is ready", StringComparison.Ordinal) || _ready.Task.IsCompleted)
            return;
        StartedWithin = Stopwatch.GetElapsedTime(_started);
        _ready.SetResult();
    }
}
