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

    // When the last ones failed, oldest first: never as many as lock out.
    private readonly Queue<long> _failures = [];

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
        // Each by its own time: whoever fails now and then, as everybody does, would else be locked out after the fifth slip of a day.
        while (_failures.TryPeek(out var oldest) && self.Clock.GetElapsedTime(oldest) >= options.LockedFor)
            _failures.Dequeue();
        _failures.Enqueue(self.Clock.GetTimestamp());
        if (_failures.Count < options.MaxFailures)
            return;
        // The reminder first: a lock that nobody asks for again would be kept for ever.
        await self.RemindAsync(Over, options.LockedFor + TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        await self.SaveAsync(new AttemptsState { LockedUntil = Now + options.LockedFor });
        _failures.Clear();
    }

    public async Task SucceededAsync()
    {
        _failures.Clear();
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
