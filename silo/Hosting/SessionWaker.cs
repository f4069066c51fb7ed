using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Hosting;

/// <summary>
/// Wakes the sessions that a start finds unfinished, so that they are told of the outage and go on. Whoever asks for a session wakes it, and
/// reminders would; asking for all of them spares whoever waits for one a minute.
/// </summary>
internal sealed class SessionWaker(IGrains grains, ILogger<SessionWaker> log)
{
    // Sessions woken together share their commits; more would wait for the same disk.
    private const int AtOnce = 16;

    /// <param name="look">Shown each session that woke; null where nobody looks.</param>
    public async Task WakeAsync(IEnumerable<Guid> sessions, Action<SessionView>? look, CancellationToken stopping)
    {
        using var places = new SemaphoreSlim(AtOnce);
        await Task.WhenAll(sessions.Select(session => WakeAsync(session, places, look, stopping)));
    }

    private async Task WakeAsync(Guid session, SemaphoreSlim places, Action<SessionView>? look, CancellationToken stopping)
    {
        await places.WaitAsync(CancellationToken.None);
        try
        {
            if (stopping.IsCancellationRequested)
                return;
            var view = await grains.Get<ISessionGrain>(session.ToString("D")).GetAsync(Caller.Lucid);
            look?.Invoke(view);
        }
        // Whatever it is, it is one session's: the others are to be recorded all the same.
        catch (Exception exception)
        {
            log.LogWarning(exception, "Session {Session} did not wake: {Reason}", session, exception.Message);
        }
        finally
        {
            places.Release();
        }
    }
}
