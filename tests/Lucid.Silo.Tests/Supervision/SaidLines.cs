namespace Lucid.Silo.Tests.Supervision;

/// <summary>What somebody says, line by line, for a test to wait for.</summary>
internal sealed class SaidLines
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly List<string> _lines = [];
    private readonly List<(string Beginning, TaskCompletionSource<string> Heard)> _waiting = [];

    public IReadOnlyList<string> All
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public void Add(string? line)
    {
        if (line is null)
            return;
        List<(string Beginning, TaskCompletionSource<string> Heard)> told;
        lock (_lines)
        {
            _lines.Add(line);
            told = [.. _waiting.Where(waiting => line.StartsWith(waiting.Beginning, StringComparison.Ordinal))];
            _waiting.RemoveAll(told.Contains);
        }
        foreach (var (_, heard) in told)
            heard.SetResult(line);
    }

    /// <summary>The first line that begins so, once it is said.</summary>
    /// <param name="patience">Another one than a minute.</param>
    public async Task<string> WaitAsync(string beginning, TimeSpan? patience = null)
    {
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lines)
        {
            if (_lines.Find(line => line.StartsWith(beginning, StringComparison.Ordinal)) is { } line)
                return line;
            _waiting.Add((beginning, heard));
        }
        try
        {
            return await heard.Task.WaitAsync(patience ?? _patience);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"'{beginning} …' was not said within {(patience ?? _patience).TotalSeconds:0} s; this was: {string.Join(" | ", All)}", late);
        }
    }
}
