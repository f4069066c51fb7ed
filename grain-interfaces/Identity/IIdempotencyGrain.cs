using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>
/// What became of the request that one caller sent with one Idempotency-Key, for 24 hours from its beginning; whose key is a hash of both. One that
/// is not heard of for two minutes was cut off, and a repetition takes its place.
/// </summary>
public interface IIdempotencyGrain : IGrain
{
    /// <summary>Begins the request, or finds its answer.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key belongs to another request.</exception>
    /// <exception cref="RequestUnderWayException">Another attempt is under way.</exception>
    Task<IdempotentStart> BeginAsync(IdempotentRequest request);

    /// <summary>Keeps what the attempt is answered with. Nothing where another attempt has taken its place.</summary>
    /// <param name="answer">At most 40 KiB.</param>
    Task AnsweredAsync(Guid attempt, IdempotentAnswer answer);

    /// <summary>Ends the attempt without an answer to keep.</summary>
    /// <param name="mayHaveHappened">False where it has done nothing: the key is free again, unless an attempt before may have done something.</param>
    Task FailedAsync(Guid attempt, bool mayHaveHappened);
}

/// <param name="Request">SHA-256 over method, address and body.</param>
/// <param name="Attempt">This attempt's own name. The same one may begin twice.</param>
/// <param name="Proposal">The id of what is made, unless an attempt before has one.</param>
public sealed record IdempotentRequest(Hash256 Request, Guid Attempt, Guid Proposal);

/// <param name="Id">The id of what is made: the first attempt's proposal.</param>
/// <param name="Answer">What the first one was answered; null where the attempt is to do the work.</param>
/// <param name="IsRepeated">An attempt before has begun and was cut off, or failed in a way that may have done the work.</param>
public sealed record IdempotentStart(Guid Id, IdempotentAnswer? Answer = null, bool IsRepeated = false);

/// <summary>An HTTP answer as it is repeated.</summary>
public sealed record IdempotentAnswer(int Status, string? ContentType, string? Location, byte[] Body);

/// <summary>The Idempotency-Key was sent with another request before. Take a new one.</summary>
public sealed class IdempotencyKeyReusedException : GrainException
{
    public IdempotencyKeyReusedException(string message) : base(message) { }
}

/// <summary>A request with that Idempotency-Key is under way. Ask again in a second.</summary>
public sealed class RequestUnderWayException : GrainException
{
    public RequestUnderWayException(string message) : base(message) { }
}
