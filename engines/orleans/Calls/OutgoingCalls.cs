using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Messaging;

namespace Lucid.Engine.Cluster.Calls;

/// <summary>
/// Around each call that a grain or a gateway makes: refuses circles, lets the caller go at the deadline, and turns what Orleans says of
/// a call that found no answer into the engine's own exceptions.
/// </summary>
internal sealed class OutgoingCalls(ClusterEngineOptions options, [FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock, ILogger<OutgoingCalls> log) : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        // Orleans' own grains have rules of their own.
        if (!OurCalls.Is(context.InterfaceMethod))
        {
            await context.Invoke();
            return;
        }
        if (CallChain.Carry(context.TargetId) is { } circle)
            throw new CallCircleException(circle);
        var started = clock.GetTimestamp();
        for (var left = options.Deadline; ; left = options.Deadline - clock.GetElapsedTime(started))
        {
            var call = context.Invoke();
            try
            {
                await call.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock);
                return;
            }
            // Only where it is the call that ended: a timer may ring a moment early, and a call that still runs cannot be made again.
            catch (TimeoutException) when (call.IsFaulted && clock.GetElapsedTime(started) < options.Deadline)
            {
                // A gateway's, whose call some silo passed on to one that has died since: nobody else would tell it. Methods are idempotent.
            }
            catch (TimeoutException)
            {
                throw new CallDeadlineException(CallChain.Name(context.TargetId), context.MethodName, options.Deadline);
            }
            catch (LimitExceededException)
            {
                throw new MailboxFullException(CallChain.Name(context.TargetId), options.MailboxLimit, options.RetryAfter);
            }
            // The bare one is that the directory of grains is being handed on from one silo to another.
            catch (OrleansException lost) when (lost is SiloUnavailableException or OrleansMessageRejectionException or ConnectionFailedException || lost.GetType() == typeof(OrleansException))
            {
                log.LogDebug(lost, "{Grain} could not be reached", CallChain.Name(context.TargetId));
                throw new GrainUnreachableException(CallChain.Name(context.TargetId), "the silo that it is on does not answer");
            }
        }
    }
}
