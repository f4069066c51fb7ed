using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Identity;

/// <summary>What is kept of failures: nothing before there are too many.</summary>
public sealed record AttemptsState
{
    public DateTimeOffset? LockedUntil { get; init; }
}

/// <summary>
/// Counts failures in memory, which forgets them when it is left alone for a while; that somebody is locked out is saved, and deleted when it
/// is over.
/// </summary>
public class AttemptsGrain(IActivation<AttemptsState> self, IdentityOptions options) : IAttemptsGrain, IReminded
{
    private const string Over = "over";

    private int _failures;
    private long _last;

    private DateTimeOffset Now => self.Clock.GetUtcNow();

    public Task CheckAsync()
    {
        if (self.State.LockedUntil is not { } until || until <= Now)
            return Task.CompletedTask;
        throw LockedOutException.For(
            $"{options.MaxFailures} attempts have failed; the next one can be made in {Math.Ceiling((until - Now).TotalMinutes)} min. Logins that are open go on.", until - Now);
    }

    public async Task FailedAsync()
    {
        if (self.Clock.GetElapsedTime(_last) >= options.LockedFor)
            _failures = 0;
        _failures++;
        _last = self.Clock.GetTimestamp();
        if (_failures < options.MaxFailures)
            return;
        // The reminder first: a lock that nobody asks for again would be kept for ever.
        await self.RemindAsync(Over, options.LockedFor + TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        await self.SaveAsync(new AttemptsState { LockedUntil = Now + options.LockedFor });
        _failures = 0;
    }

    public async Task SucceededAsync()
    {
        _failures = 0;
        if (self.State.LockedUntil is not null)
            await self.ClearAsync();
    }

    public async Task RemindedAsync(string name)
    {
        if (self.State.LockedUntil > Now)
            return;
        await self.ClearAsync();
        await self.ForgetAsync(name);
    }
}
