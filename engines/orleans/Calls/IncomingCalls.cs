using Lucid.Engine.Cluster.Activations;
using Lucid.GrainInterfaces.Engine;
using Orleans;

namespace Lucid.Engine.Cluster.Calls;

/// <summary>
/// Around each turn of a grain: keeps the chain of calls, and drops the activation after a failure that its class did not declare, since
/// nobody knows in what state that has left it.
/// </summary>
internal sealed class IncomingCalls : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is not IGrain)
        {
            await context.Invoke();
            return;
        }
        using var chain = CallChain.Continue(context.TargetId);
        try
        {
            await context.Invoke();
        }
        catch (Exception failure) when (failure is not (GrainException or EngineException or OperationCanceledException))
        {
            context.TargetContext.Drop($"A call failed in a way that its class does not declare: {failure.Message}");
            throw;
        }
    }
}
