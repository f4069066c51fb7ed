using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Identity;

/// <summary>Counts failures in memory, and forgets them with time.</summary>
public class AttemptsGrain(IActivation self, IdentityOptions options) : IAttemptsGrain
{
    private int _failures;
    private long _last;

    public Task CheckAsync()
    {
        Forget();
        if (_failures < options.MaxFailures)
            return Task.CompletedTask;
        var wait = options.LockedFor - self.Clock.GetElapsedTime(_last);
        throw LockedOutException.For($"{options.MaxFailures} attempts have failed; the next one can be made in {Math.Ceiling(wait.TotalMinutes)} min. Logins that are open go on.", wait);
    }

    public Task FailedAsync()
    {
        Forget();
        _failures++;
        _last = self.Clock.GetTimestamp();
        return Task.CompletedTask;
    }

    public Task SucceededAsync()
    {
        _failures = 0;
        return Task.CompletedTask;
    }

    private void Forget()
    {
        if (_failures > 0 && self.Clock.GetElapsedTime(_last) >= options.LockedFor)
            _failures = 0;
    }
}
