using Orleans;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster.Activations;

/// <summary>How an activation leaves memory after the call that runs.</summary>
internal static class ActivationDrop
{
    /// <param name="why">For Orleans' log. Never an exception: the calls that wait would get it for an answer instead of a new activation.</param>
    public static void Drop(this IGrainContext context, string why) =>
        context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, why));
}
