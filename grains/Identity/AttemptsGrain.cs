using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Identity;

/// <summary>Counts failures in memory, where it stays until they are so long ago that they do not count any more.</summary>
public class AttemptsGrain(IActivation self, IdentityOptions options) : IAttemptsGrain
{
    // Often enough that no engine takes the activation for idle, which would forget too early.
    private static readonly TimeSpan _looks = TimeSpan.FromMinutes(1);

    private int _failures;
    private long _last;
    private IDisposable? _forgetting;

    public Task CheckAsync()
    {
        if (_failures < options.MaxFailures || self.Clock.GetElapsedTime(_last) >= options.LockedFor)
            return Task.CompletedTask;
        var wait = options.LockedFor - self.Clock.GetElapsedTime(_last);
        throw LockedOutException.For($"{options.MaxFailures} attempts have failed; the next one can be made in {Math.Ceiling(wait.TotalMinutes)} min. Logins that are open go on.", wait);
    }

    public Task FailedAsync()
    {
        _failures++;
        _last = self.Clock.GetTimestamp();
        _forgetting ??= self.Every(_looks, _looks, _ => self.Clock.GetElapsedTime(_last) < options.LockedFor ? Task.CompletedTask : SucceededAsync());
        return Task.CompletedTask;
    }

    public Task SucceededAsync()
    {
        _failures = 0;
        _forgetting?.Dispose();
        _forgetting = null;
        return Task.CompletedTask;
    }
}
