using System.Runtime.CompilerServices;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Sessions;

/// <summary>All leaves of a session, read from its grain page by page.</summary>
internal static class LeafPages
{
    private const int LeavesPerPage = 1_000;

    public static async IAsyncEnumerable<byte[]> ReadAsync(ISessionGrain session, Caller caller, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (ulong next = 0; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            var page = await session.LeavesAsync(caller, next, LeavesPerPage);
            foreach (var leaf in page.Leaves)
                yield return leaf;
            if (page.Leaves.IsEmpty)
                yield break;
            next = page.Next;
        }
    }
}
