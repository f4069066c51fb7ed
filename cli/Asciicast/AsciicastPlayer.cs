using System.Threading.Channels;

namespace Lucid.Cli.Asciicast;

/// <param name="Speed">1 is as it was; 0.1 to 100.</param>
/// <param name="IdleLimit">The longest pause that is played; whatever is longer is cut to it.</param>
/// <param name="From">Where to begin.</param>
internal sealed record PlayerOptions(double Speed, TimeSpan IdleLimit, TimeSpan From);

/// <summary>
/// Plays an asciicast: everything before the starting point at once, what follows in its own time. Going back begins again from the start,
/// since what a terminal shows depends on all that was written to it before.
/// </summary>
/// <param name="open">Opens the recording anew.</param>
/// <param name="show">Writes to the terminal.</param>
/// <param name="keys">What the person watching asks for; completed where nobody can type.</param>
internal sealed class AsciicastPlayer(
    Func<CancellationToken, Task<Stream>> open, Func<string, ValueTask> show, ChannelReader<PlayerKey> keys, TimeProvider clock)
{
    /// <summary>How far an arrow key goes.</summary>
    public static readonly TimeSpan SeekStep = TimeSpan.FromSeconds(5);

    private const double SpeedStep = 1.5;
    private const string ResetTerminal = "\ec";

    private double _speed;
    private bool _paused;

    /// <summary>Plays to the end, or until asked to quit.</summary>
    public async Task PlayAsync(PlayerOptions options, CancellationToken cancellation)
    {
        _speed = options.Speed;
        var from = options.From;
        while (await PlayFromAsync(from, options.IdleLimit, cancellation) is { } seek)
        {
            from = seek;
            await show(ResetTerminal);
        }
    }

    /// <summary>Null when it is over; else where to begin again.</summary>
    private async Task<TimeSpan?> PlayFromAsync(TimeSpan from, TimeSpan idleLimit, CancellationToken cancellation)
    {
        using var reader = await AsciicastReader.OpenAsync(await open(cancellation), cancellation);
        var now = TimeSpan.Zero;
        var previous = TimeSpan.Zero;
        while (await reader.NextAsync(cancellation) is { } next)
        {
            // The position runs in the time that is played, idle stretches cut, so that a seek of five seconds is five seconds to see.
            var pause = next.Time - previous;
            previous = next.Time;
            var due = now + (pause < idleLimit ? pause : idleLimit);
            while (now < due || _paused)
            {
                if (due <= from)
                {
                    now = due;
                    break;
                }
                now = now < from ? from : now;
                var (elapsed, key) = await WaitAsync(due - now, cancellation);
                now += elapsed;
                switch (key)
                {
                    case PlayerKey.Quit:
                        return null;
                    case PlayerKey.Pause:
                        _paused = !_paused;
                        break;
                    case PlayerKey.Faster:
                        _speed = Math.Min(100, _speed * SpeedStep);
                        break;
                    case PlayerKey.Slower:
                        _speed = Math.Max(0.1, _speed / SpeedStep);
                        break;
                    case PlayerKey.Forward:
                        from = now + SeekStep;
                        break;
                    case PlayerKey.Back:
                        return now > SeekStep ? now - SeekStep : TimeSpan.Zero;
                    default:
                        break;
                }
            }
            if (next.Code == EventCode.Output)
                await show(next.Data);
        }
        return null;
    }

    /// <summary>Waits until the next event is due or a key is pressed, and says how much of the recording's time went by.</summary>
    private async Task<(TimeSpan Elapsed, PlayerKey Key)> WaitAsync(TimeSpan wanted, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var began = clock.GetTimestamp();
        var due = Task.Delay(_paused ? Timeout.InfiniteTimeSpan : wanted / _speed, clock, over.Token);
        var key = keys.Completion.IsCompleted
            ? Task.Delay(Timeout.InfiniteTimeSpan, clock, over.Token).ContinueWith(
                _ => false, over.Token, TaskContinuationOptions.None, TaskScheduler.Default)
            : keys.WaitToReadAsync(over.Token).AsTask();
        var first = await Task.WhenAny(due, key);
        var pressed = first == key && await key && keys.TryRead(out var read) ? read : PlayerKey.None;
        var elapsed = _paused ? TimeSpan.Zero : first == due ? wanted : clock.GetElapsedTime(began) * _speed;
        await over.CancelAsync();
        await first;
        return (elapsed < wanted ? elapsed : wanted, pressed);
    }
}
