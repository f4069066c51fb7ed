using System.Collections.Immutable;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Identity;

/// <summary>What is kept of failures: nothing of the first two.</summary>
public sealed record AttemptsState
{
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>When the last ones failed, oldest first; none that <see cref="LockedUntil"/> came of.</summary>
    public ImmutableArray<DateTimeOffset> Failures { get; init; } = [];
}

/// <summary>
/// Counts failures. The first two are counted in memory, which forgets them when it is left alone for some minutes; from then on they are saved, or whoever
/// makes a pause as long as that would never be locked out. What was saved is deleted when it counts no more.
/// </summary>
public class AttemptsGrain(IActivation<AttemptsState> self, IdentityOptions options) : IAttemptsGrain, IReminded
{
    private const string Over = "over";

    // With which failure a row is worth its while: three are no slip any more, and a row that costs three requests fills no disk.
    private const int SavedFrom = 3;

    // When the last ones failed, oldest first, while none of them is saved.
    private ImmutableArray<DateTimeOffset> _few = [];

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
        var failures = Recent().Add(Now);
        if (failures.Length < Math.Min(SavedFrom, options.MaxFailures) && self.State.Failures.IsEmpty)
        {
            _few = failures;
            return;
        }
        // The reminder first: a row that nobody asks for again would be kept for ever.
        await self.RemindAsync(Over, options.LockedFor + TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        await self.SaveAsync(failures.Length < options.MaxFailures
            ? self.State with { Failures = failures }
            : new AttemptsState { LockedUntil = Now + options.LockedFor });
        _few = [];
    }

    public async Task SucceededAsync()
    {
        _few = [];
        if (self.State.LockedUntil is not null || !self.State.Failures.IsEmpty)
            await self.ClearAsync();
    }

    public async Task RemindedAsync(string name)
    {
        if (self.State.LockedUntil > Now || self.State.Failures.Any(IsRecent))
            return;
        await self.ClearAsync();
        await self.ForgetAsync(name);
    }

    /// <summary>Each by its own time: whoever fails now and then, as everybody does, would else be locked out after the fifth slip of a day.</summary>
    private ImmutableArray<DateTimeOffset> Recent() => [.. self.State.Failures.Concat(_few).Where(IsRecent)];

    private bool IsRecent(DateTimeOffset failed) => Now - failed < options.LockedFor;
}
