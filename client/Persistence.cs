using System.Net;

namespace Lucid.Client;

/// <summary>How long requests are tried again, and how often.</summary>
/// <param name="Patience">How long one request is tried again before it fails: 0 s to 24 h.</param>
/// <param name="FirstDelay">After the first failure; it doubles with each further one.</param>
/// <param name="LongestDelay">Where doubling ends, and the most that a node's Retry-After is followed.</param>
public sealed record PersistenceOptions(TimeSpan Patience, TimeSpan FirstDelay, TimeSpan LongestDelay)
{
    /// <summary>For 5 minutes, after 200 ms, 400 ms and so on up to 10 s.</summary>
    public static PersistenceOptions Default { get; } =
        new(TimeSpan.FromMinutes(5), TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));
}

/// <summary>
/// Tries requests again that are safe to repeat: after 429, 502, 503 and 504 when the node says so, after a lost connection once the node is found again. A
/// <see cref="LucidClient"/> does so by itself; this is for whoever has to find the node again, or starts it.
/// </summary>
/// <param name="options">How long, and how often.</param>
/// <param name="clock">What delays go by.</param>
/// <param name="chance">Spreads delays, so that several requests do not come back at the same moment.</param>
/// <param name="reconnect">Finds the node, or starts it again. May fail with <see cref="NodeUnreachableException"/> to be asked again.</param>
public sealed class Persistence(
    PersistenceOptions options, TimeProvider clock, Random chance, Func<CancellationToken, Task> reconnect)
{
    /// <summary>Does what is asked until it is done, refused for good, or out of patience.</summary>
    /// <exception cref="RefusedException">The node refused, or was busy for all of our patience.</exception>
    /// <exception cref="NodeUnreachableException">The node stayed away for all of our patience.</exception>
    public async Task<T> TryAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        for (var failures = 0; ; failures++)
        {
            TimeSpan delay;
            try
            {
                if (failures > 0)
                    await reconnect(cancellation);
                return await request(cancellation);
            }
            catch (RefusedException e) when (IsBusy(e) && Patient(began))
            {
                delay = e.RetryAfter ?? Backoff(failures);
            }
            catch (NodeUnreachableException) when (Patient(began))
            {
                delay = Backoff(failures);
            }
            await Task.Delay(delay < options.LongestDelay ? delay : options.LongestDelay, clock, cancellation);
        }
    }

    /// <inheritdoc cref="TryAsync{T}"/>
    public Task TryAsync(Func<CancellationToken, Task> request, CancellationToken cancellation) =>
        TryAsync(async token =>
        {
            await request(token);
            return true;
        }, cancellation);

    private static bool IsBusy(RefusedException e) =>
        e.Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
            or HttpStatusCode.GatewayTimeout;

    private bool Patient(long began) => clock.GetElapsedTime(began) < options.Patience;

    /// <summary>Doubling, and spread over half of itself so that several requests do not come back at the same moment.</summary>
    private TimeSpan Backoff(int failures)
    {
        var full = options.FirstDelay * Math.Pow(2, Math.Min(failures, 16));
        return (full < options.LongestDelay ? full : options.LongestDelay) * (0.75 + (chance.NextDouble() / 4));
    }
}
