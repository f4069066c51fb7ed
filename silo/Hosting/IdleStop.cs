using Lucid.Silo.Storage;

namespace Lucid.Silo.Hosting;

/// <summary>Stops a node that was started for one recording: once no session has anything left to do and nobody has asked for a while.</summary>
public sealed class IdleStop(SessionDirectory directory, IHostApplicationLifetime lifetime, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);

    // Long enough for a client to fetch its evidence after it saw its session anchored.
    private static readonly TimeSpan _quiet = TimeSpan.FromSeconds(10);
    private long _lastRequest = clock.GetTimestamp();
    private int _running;

    /// <summary>Middleware that notices requests.</summary>
    public async Task NoticeAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _running);
        try
        {
            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
            Volatile.Write(ref _lastRequest, clock.GetTimestamp());
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(_look, clock, stoppingToken);
            var quiet = Volatile.Read(ref _running) == 0 && clock.GetElapsedTime(Volatile.Read(ref _lastRequest)) >= _quiet;
            if (quiet && (await directory.UnfinishedAsync(stoppingToken)).IsEmpty)
                lifetime.StopApplication();
        }
    }
}
