using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Messaging;

namespace Lucid.Engine.Cluster.Calls;

/// <summary>
/// Around each call that a grain or a gateway makes: refuses circles, lets the caller go at the deadline, and turns what Orleans says of
/// a call that found no answer into the engine's own exceptions.
/// </summary>
internal sealed class OutgoingCalls(ClusterEngineOptions options, [FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock) : IOutgoingGrainCallFilter
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
        try
        {
            await context.Invoke().WaitAsync(options.Deadline, clock);
        }
        catch (TimeoutException)
        {
            throw new CallDeadlineException(CallChain.Name(context.TargetId), context.MethodName, options.Deadline);
        }
        catch (LimitExceededException)
        {
            throw new MailboxFullException(CallChain.Name(context.TargetId), options.MailboxLimit, options.RetryAfter);
        }
        catch (Exception lost) when (lost is SiloUnavailableException or OrleansMessageRejectionException or ConnectionFailedException)
        {
            throw new GrainUnreachableException(CallChain.Name(context.TargetId), lost.Message);
        }
    }
}
