using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Recorders;

/// <summary>Gives new sessions to the recorders in turn.</summary>
internal sealed class RecorderChoice(IRecorderNames recorders)
{
    private uint _turn;

    /// <summary>Tries recorders until one has taken the session.</summary>
    /// <param name="create">Creates a session of an id of its own at that recorder: one that failed may have happened all the same.</param>
    /// <param name="isMade">Where an attempt before may have come to one and its answer was lost: whether that one is there. What it throws is thrown on, as one more could be made.</param>
    /// <exception cref="NoRoomException">None has room; or whatever else the last one that was tried refused it with.</exception>
    /// <exception cref="GrainUnreachableException">None can be reached.</exception>
    public async Task<T> CreateAsync<T>(Func<string, Task<T>> create, CancellationToken cancellation, Func<string, Task<bool>>? isMade = null)
    {
        var names = await recorders.NamesAsync(cancellation);
        if (names.IsEmpty)
            throw new GrainUnreachableException("a recorder", "no silo is in the cluster now");
        if (isMade is not null)
        {
            foreach (var name in names)
            {
                if (await isMade(name))
                    return await create(name);
            }
        }
        var first = Interlocked.Increment(ref _turn);
        for (var tried = 1; ; tried++)
        {
            try
            {
                return await create(names[(int)((first + (uint)tried) % (uint)names.Length)]);
            }
            catch (Exception refused) when (tried < names.Length && refused is NoRoomException or GrainUnreachableException or RecorderNotAllowedException)
            {
                // Another one may have room, and be let record by the policy.
            }
        }
    }
}
