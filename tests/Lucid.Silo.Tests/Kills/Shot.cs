namespace Lucid.Silo.Tests.Kills;

/// <summary>What a client sees happen; a kill is aimed at one of them.</summary>
internal enum Moment
{
    Ready,
    CreateSent,
    UploadSent,
    ReceiptGiven,
    PauseSent,
    ResumeSent,
    StopSent,
    EraseSent,
    RotationSent,
}

/// <summary>One kill: so long after a moment came for the n-th time. What the node is doing then is up to the machine.</summary>
internal sealed record Aim(Moment Moment, int Count, TimeSpan After)
{
    public static Aim Draw(Random random)
    {
        var moment = (Moment)random.Next(Enum.GetValues<Moment>().Length);
        var count = moment switch
        {
            Moment.UploadSent or Moment.ReceiptGiven => 1 + random.Next(20),
            Moment.CreateSent or Moment.PauseSent or Moment.ResumeSent or Moment.StopSent => 1 + random.Next(2),
            _ => 1,
        };
        // A request is over in some milliseconds; what follows on it, such as a block, takes longer.
        var longest = moment is Moment.Ready or Moment.StopSent && random.Next(2) == 0 ? 200 : 12;
        return new Aim(moment, count, TimeSpan.FromMilliseconds(random.NextDouble() * longest));
    }
}

/// <summary>Watches for the moment that a kill is aimed at.</summary>
/// <param name="latest">When it is fired where the moment does not come, because what it takes cannot be done just now. Default 1 s.</param>
internal sealed class Shot(Aim aim, TimeSpan? latest = null)
{
    private readonly TaskCompletionSource _moment = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = aim.Count;

    /// <summary>Notices what nobody aims at.</summary>
    public static Shot None => new(new Aim(Moment.Ready, int.MaxValue, TimeSpan.Zero));

    public Aim Aim => aim;

    public void Notice(Moment moment)
    {
        if (moment == aim.Moment && Interlocked.Decrement(ref _left) == 0)
            _moment.TrySetResult();
    }

    /// <summary>Waits until it is time to kill.</summary>
    public async Task WaitAsync()
    {
        await Task.WhenAny(_moment.Task, Task.Delay(latest ?? TimeSpan.FromSeconds(1), TimeProvider.System));
        await Task.Delay(aim.After, TimeProvider.System);
    }
}
