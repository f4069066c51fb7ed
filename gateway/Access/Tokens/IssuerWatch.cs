using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>
/// Asks the issuer's grain again and again what was revoked and whether there are other keys, and knows how old the last answer is. As long as
/// answers are younger than <see cref="TokenOptions.NewsWithin"/>, a token that was revoked longer ago than that lets nobody in.
/// </summary>
/// <param name="trail">Null where only processes of the cluster call: who let somebody in tells of the keys that it believed.</param>
internal sealed class IssuerWatch(IGrains grains, GatewayOptions options, TimeProvider clock, ILogger<IssuerWatch> log, AuditTrail? trail = null) : BackgroundService
{
    /// <summary>How often keys are asked for because a token names one that nobody knows: whoever makes such names up may cost no more.</summary>
    public static readonly TimeSpan AsksForKeysEvery = TimeSpan.FromSeconds(1);

    private const long Never = long.MinValue;

    private static readonly TimeSpan _cleansEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _turn = new();
    private readonly long _started = clock.GetTimestamp();

    // The loop's own.
    private long _number;
    private long _cleaned = clock.GetTimestamp();
    private bool _isSilent;

    // Written by the loop, read by anybody: when the last question was asked that was answered.
    private long _heard = Never;

    // Swapped whole, by the loop or by whoever asks for keys.
    private volatile KnownKeys? _keys;

    // Under the lock.
    private Task? _asking;
    private long _asked;

    public RevocationList Revocations { get; } = new();

    /// <summary>None before the first answer.</summary>
    public VerificationKeys Keys => _keys?.Keys ?? VerificationKeys.None;

    public bool HasKeys => _keys is not null;

    /// <summary>Whether this gateway knows of all that was revoked until <see cref="TokenOptions.NewsWithin"/> ago.</summary>
    public bool IsCurrent => Volatile.Read(ref _heard) is not Never and var heard && clock.GetElapsedTime(heard) <= options.Tokens.NewsWithin;

    /// <summary>Whether everybody can know of that key, with that end.</summary>
    public bool Knows(PublishedKey key) => _keys?.Published.Keys.Contains(key) == true;

    /// <summary>Asks for the keys, unless somebody did within the last second: then that answer is waited for.</summary>
    /// <exception cref="ApiException">There was no answer.</exception>
    public Task AskForKeysAsync(CancellationToken cancellation)
    {
        lock (_turn)
        {
            if (_asking is null || clock.GetElapsedTime(_asked) >= AsksForKeysEvery)
                (_asked, _asking) = (clock.GetTimestamp(), AskAsync());
            return _asking.WaitAsync(cancellation);
        }

        async Task AskAsync()
        {
            try
            {
                await FetchKeysAsync(CancellationToken.None);
            }
            catch (TimeoutException)
            {
                throw new ApiException(ErrorTable.PartAway, "The keys of access tokens cannot be asked for now.", retryAfter: AsksForKeysEvery);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await TryHearAsync(stoppingToken);
            // Stopping is no failure, however it comes.
            await Task.Delay(options.Tokens.NewsEvery, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TryHearAsync(CancellationToken stopping)
    {
        try
        {
            await HearAsync(stopping);
            if (_isSilent)
                log.LogInformation("The issuer answers again; access tokens are believed");
            _isSilent = false;
        }
        // Whatever it was: without news nobody is let in, which is noticed, and the next question may be answered.
        catch (Exception failure)
        {
            if (stopping.IsCancellationRequested || _isSilent || IsCurrent || clock.GetElapsedTime(_started) <= options.Tokens.NewsWithin)
                return;
            _isSilent = true;
            log.LogWarning("Nobody says which access tokens were revoked ({Reason}); until somebody does, none is believed", failure.Message);
        }
    }

    private async Task HearAsync(CancellationToken stopping)
    {
        IssuerNews news;
        long asked;
        do
        {
            // Before the question: what was revoked while the answer was on its way may be missing from it.
            asked = clock.GetTimestamp();
            news = await AnsweredAsync(grains.Issuer().NewsAsync(_number), stopping);
            Revocations.RenewBefore(news.RenewBefore);
            foreach (var revocation in news.Revocations)
                Revocations.Add(revocation);
            // A store that was set back counts anew; what was heard before stays known here.
            var isSetBack = news.Number < _number;
            _number = isSetBack ? 0 : news.Number;
            if (isSetBack)
                continue;
            if (!news.HasMore)
                break;
        }
        while (true);
        if (news.KeysVersion != _keys?.Published.Version)
            await FetchKeysAsync(stopping);
        Volatile.Write(ref _heard, asked);
        if (clock.GetElapsedTime(_cleaned) < _cleansEvery)
            return;
        _cleaned = clock.GetTimestamp();
        Revocations.DropOver(clock.GetUtcNow());
    }

    private async Task FetchKeysAsync(CancellationToken cancellation)
    {
        var published = await AnsweredAsync(grains.Issuer().KeysAsync(), cancellation);
        var known = Keys.All.ToDictionary(key => key.Key.KeyId, StringComparer.Ordinal);
        var isFirst = !HasKeys;
        _keys = new KnownKeys(published, new VerificationKeys(published.Keys
            .Select(key => known.GetValueOrDefault(key.KeyId) is { } same && same.NotAfter == key.NotAfter ? same : TryRead(key)).OfType<VerificationKey>()));
        foreach (var key in published.Keys.Where(key => !known.ContainsKey(key.KeyId) && Keys.All.Any(one => one.Key.KeyId == key.KeyId)))
            trail?.Tell(Trusted(key, isFirst));
    }

    /// <summary>
    /// That tokens of a key are believed from now on. Told by each gateway that believes it, not by the one that made it: whoever owns the database can
    /// add one that nobody made.
    /// </summary>
    private AuditEvent Trusted(PublishedKey key, bool isFirst) => new()
    {
        TimeMs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        Kind = AuditKind.KeyRotation,
        Action = "token_key_trust",
        Outcome = AuditOutcome.Success,
        // What is there at a start was most likely there before.
        Severity = isFirst ? AuditSeverity.Info : AuditSeverity.Warning,
        Resource = $"token_key/{key.KeyId}",
        Details = ImmutableDictionary<string, string>.Empty
            .Add("by", options.Node).Add("of", AuditEvent.Clean(key.Gateway, 128)).Add("until", key.NotAfter.ToString("u", CultureInfo.InvariantCulture)),
    };

    /// <summary>What the grain says is no more to be believed than its store. One key that is none keeps nobody else out.</summary>
    private VerificationKey? TryRead(PublishedKey key)
    {
        try
        {
            return key.KeyId == KeyThumbprint.Of(key.X, key.Y) ? new VerificationKey(new JsonWebKey(key.KeyId, key.X, key.Y), key.NotAfter) : throw new FormatException("It has not its own name.");
        }
        catch (Exception damage) when (damage is FormatException or CryptographicException)
        {
            log.LogError("The issuer names a key {Key} of {Gateway} that is none ({Reason}); its tokens are refused", key.KeyId, key.Gateway, damage.Message);
            return null;
        }
    }

    /// <summary>An answer, unless it would come too late to count. Questions may be repeated, so one that hangs is left alone.</summary>
    private async Task<T> AnsweredAsync<T>(Task<T> answer, CancellationToken cancellation)
    {
        try
        {
            return await answer.WaitAsync(options.Tokens.NewsWithin, clock, cancellation);
        }
        catch when (!answer.IsCompleted)
        {
            // Its failure is told to nobody, and must not be found unobserved.
            _ = answer.ContinueWith(static late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    private sealed record KnownKeys(PublishedKeys Published, VerificationKeys Keys);
}

internal static class IssuerOfGrains
{
    public static IIssuerGrain Issuer(this IGrains grains) => grains.Get<IIssuerGrain>(IIssuerGrain.Key);
}
