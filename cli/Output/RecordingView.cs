using System.Globalization;
using Lucid.Cli.Recording;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Lucid.Cli.Output;

/// <summary>
/// Shows recordings while they run: in a terminal two lines for each, redrawn in place; elsewhere a line whenever something begins.
/// </summary>
internal sealed class RecordingView(IAnsiConsole console, TimeProvider clock, params IReadOnlyList<RecordingState> states)
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);
    private const int BarWidth = 24;

    private readonly long _began = clock.GetTimestamp();
    private readonly string[] _told = [.. states.Select(_ => "")];
    private readonly double?[] _rates = new double?[states.Count];

    /// <summary>Shows until the work is done, and gives its result.</summary>
    public async Task<T> WhileAsync<T>(Task<T> work)
    {
        if (!console.Profile.Capabilities.Ansi)
        {
            await RefreshAsync(work, Tell);
            Tell();
            return await work;
        }
        await console.Live(Render()).AutoClear(false).StartAsync(async live =>
        {
            await RefreshAsync(work, () => live.UpdateTarget(Render()));
            live.UpdateTarget(Render());
        });
        return await work;
    }

    private async Task RefreshAsync(Task work, Action refresh)
    {
        while (!work.IsCompleted)
        {
            refresh();
            await Task.WhenAny(work, Task.Delay(Redraw, clock));
        }
    }

    /// <summary>Where nobody watches, only what is new: a log should not grow with time.</summary>
    private void Tell()
    {
        for (var i = 0; i < states.Count; i++)
        {
            var state = states[i];
            if (state.Phase == _told[i])
                continue;
            _told[i] = state.Phase;
            console.WriteLine($"{state.Name}: {state.Phase}{(state.Bytes > 0 ? $", {Amount(i)}, {Stages(state)}" : "")}");
        }
    }

    private Rows Render() => new(states.SelectMany((state, i) => new IRenderable[]
    {
        new Markup($"[bold]{Markup.Escape(Short(state.Name))}[/]  {Bar(state)}{Markup.Escape(Amount(i))}  [aqua]{Markup.Escape(state.Phase)}[/]"),
        new Markup($"  [grey]{Markup.Escape(Stages(state))}[/]"),
    }));

    private string Bar(RecordingState state)
    {
        if (state.Total is not { } total)
            return "";
        var part = Math.Clamp((double)state.Bytes / total, 0, 1);
        var full = (int)(part * BarWidth);
        var (done, left) = console.Profile.Capabilities.Unicode ? ('━', '─') : ('#', '-');
        return string.Create(CultureInfo.InvariantCulture,
            $"[green]{new string(done, full)}[/][grey]{new string(left, BarWidth - full)}[/] {part * 100,3:0} %  ");
    }

    private string Amount(int i)
    {
        var state = states[i];
        var elapsed = clock.GetElapsedTime(_began).TotalSeconds;
        var running = elapsed > 0 ? state.Bytes / elapsed : 0;
        // The rate is that of the recording: it stands once the phase after it has begun.
        if (state.Phase is "recording" or "starting")
            _rates[i] = running;
        else
            _rates[i] ??= running;
        var total = state.Total is { } bytes && bytes != state.Bytes ? $" of {Plain.Bytes(bytes)}" : "";
        // What comes as it happens has no rate of its own.
        var rate = state.Total is null ? "" : $", {Plain.Bytes(_rates[i] ?? 0)}/s";
        return $"{Plain.Bytes(state.Bytes)}{total}{rate}";
    }

    private string Stages(RecordingState state)
    {
        const int roomForMore = 100;
        if (state.Pipeline is not { Stages.IsDefaultOrEmpty: false } pipeline)
            return $"stored {Plain.Count(state.Chunks, "chunk")}";
        var stages = string.Join(" · ", pipeline.Stages.Select(stage => $"{stage.StageName} {stage.Chunks}"));
        var level = pipeline.OverallMetrics.MeanGzipLevel;
        return level > 0 && console.Profile.Width >= roomForMore
            ? string.Create(CultureInfo.InvariantCulture, $"{stages} · gzip level {level:0.0}")
            : stages;
    }

    private static string Short(string name) => name.Length <= 32 ? name : $"{name.AsSpan(0, 31)}…";
}
