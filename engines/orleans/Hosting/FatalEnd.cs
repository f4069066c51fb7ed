using Orleans.Runtime;

namespace Lucid.Engine.Cluster;

/// <summary>
/// What happens when a silo may not go on, most often because the others have declared it dead: its grains are made elsewhere, so nothing of
/// what it still has in memory may be written. Orleans would abort the process, with a dump of its stacks.
/// </summary>
/// <param name="silo">Its name.</param>
/// <param name="end">Ends the process at once, without a drain, and says why.</param>
internal sealed class FatalEnd(string silo, Action<string> end) : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null) => end(
        // The one way to get here without an exception.
        exception is null
            ? $"{silo} ends: the cluster has declared it dead, because the others did not hear from it, and its grains are theirs now. Started again it joins anew"
            : $"{silo} ends: {sender?.GetType().Name ?? "the engine"} cannot go on ({context}): {exception}");
}
