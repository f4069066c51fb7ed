using System.Collections.Immutable;

namespace Lucid.Silo.Supervision;

/// <summary>
/// The order in which the nodes of a cluster come up and go down. Up: all silos at once, since one that comes back after a crash waits for the
/// others of before, and then the gateway. Down: the gateway, so that nothing new comes in; the silos; and last the one with the ledger, in which
/// the others still anchor.
/// </summary>
internal sealed class Supervisor(ClusterPlan plan, string running, SupervisorOptions options, TimeProvider clock, Action<string> say)
{
    /// <param name="ready">Called once, with the gateway's URL and the number of silos that are ready too.</param>
    /// <param name="stop">Ends it the orderly way.</param>
    /// <param name="kill">Hurries that.</param>
    /// <exception cref="NodeRefusedException">A node cannot run, and the others were stopped.</exception>
    public async Task RunAsync(Action<string, int> ready, CancellationToken stop, CancellationToken kill)
    {
        using var ledger = Node(plan.Ledger);
        using var gateway = Node(plan.Gateway);
        var others = plan.Others.Select(Node).ToImmutableArray();
        ImmutableArray<SupervisedNode> silos = [ledger, .. others];
        try
        {
            var minding = silos.Select(silo => silo.RunAsync()).ToList();
            // A silo that has ended is waited for no longer: the gateway can do with the others until it is back.
            if (await ReachedAsync(Task.WhenAll(silos.Select(silo => silo.Settled)), minding, stop))
            {
                minding.Add(gateway.RunAsync());
                if (await ReachedAsync(gateway.FirstReady, minding, stop))
                {
                    ready(await gateway.FirstReady, silos.Count(silo => silo.FirstReady.IsCompleted));
                    await ReachedAsync(new TaskCompletionSource().Task, minding, stop);
                }
            }
        }
        finally
        {
            await gateway.StopAsync(kill);
            await Task.WhenAll(others.Select(silo => silo.StopAsync(kill)));
            await ledger.StopAsync(kill);
            foreach (var silo in others)
                silo.Dispose();
        }
    }

    private SupervisedNode Node(NodePlan node) => new(node, running, options, clock, say);

    /// <returns>False where we are to stop.</returns>
    private static async Task<bool> ReachedAsync(Task goal, IEnumerable<Task> minding, CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Register(() => stopped.TrySetResult()))
            // Of those who are minded only one that failed comes to an end here.
            await await Task.WhenAny([goal, stopped.Task, .. minding]);
        return !stop.IsCancellationRequested;
    }
}
