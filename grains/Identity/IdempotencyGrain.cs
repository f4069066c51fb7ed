using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Identity;

/// <summary>What is kept of a request with an Idempotency-Key.</summary>
public sealed record IdempotencyState
{
    /// <summary>Null where there is none.</summary>
    public Hash256? Request { get; init; }

    /// <summary>The id of what it makes.</summary>
    public Guid Id { get; init; }

    /// <summary>The attempt that is under way.</summary>
    public Guid? Attempt { get; init; }

    /// <summary>When that one counts as cut off.</summary>
    public DateTimeOffset AttemptUntil { get; init; }

    /// <summary>Whether an attempt that brought no answer may have done its work: the id stays then.</summary>
    public bool MayHaveHappened { get; init; }

    public IdempotentAnswer? Answer { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>Lets one attempt at a time do the work, and repeats its answer.</summary>
public class IdempotencyGrain(IActivation<IdempotencyState> self) : IIdempotencyGrain, IReminded
{
    /// <summary>How long a key is known.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>Several times the deadline of a grain's call, which is all that an attempt waits for.</summary>
    public static readonly TimeSpan AttemptLimit = TimeSpan.FromMinutes(2);

    private const string Over = "over";

    private DateTimeOffset Now => self.Clock.GetUtcNow();

    public async Task<IdempotentStart> BeginAsync(IdempotentRequest request)
    {
        var known = self.State.ExpiresAt > Now ? self.State : new IdempotencyState();
        if (known.Request is { } before && before != request.Request)
            throw new IdempotencyKeyReusedException("That Idempotency-Key was sent with another method, address or body within the last 24 h.");
        if (known.Answer is not null)
            return new IdempotentStart(known.Id, known.Answer);
        var isOvertaken = known.Attempt is { } other && other != request.Attempt;
        if (isOvertaken && known.AttemptUntil > Now)
            throw new RequestUnderWayException("The first request with that Idempotency-Key has no answer yet.");

        var isNew = known.Request is null;
        // The reminder first: a key that nobody sends again would be kept for ever.
        if (isNew)
            await self.RemindAsync(Over, Kept + TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        await self.SaveAsync(known with
        {
            Request = request.Request,
            Id = isNew ? request.Proposal : known.Id,
            Attempt = request.Attempt,
            AttemptUntil = Now + AttemptLimit,
            MayHaveHappened = known.MayHaveHappened || isOvertaken,
            ExpiresAt = isNew ? Now + Kept : known.ExpiresAt,
        });
        return new IdempotentStart(self.State.Id, IsRepeated: self.State.MayHaveHappened);
    }

    public async Task AnsweredAsync(Guid attempt, IdempotentAnswer answer)
    {
        if (self.State.Attempt == attempt)
            await self.SaveAsync(self.State with { Attempt = null, Answer = answer });
    }

    public async Task FailedAsync(Guid attempt, bool mayHaveHappened)
    {
        if (self.State.Attempt != attempt)
            return;
        if (mayHaveHappened || self.State.MayHaveHappened)
        {
            await self.SaveAsync(self.State with { Attempt = null, MayHaveHappened = true });
            return;
        }
        await self.ClearAsync();
        await self.ForgetAsync(Over);
    }

    public async Task RemindedAsync(string name)
    {
        if (self.State.ExpiresAt > Now)
            return;
        await self.ClearAsync();
        await self.ForgetAsync(name);
    }
}
