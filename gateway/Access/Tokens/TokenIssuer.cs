using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>
/// Issues access tokens with this gateway's own keys, and sees to those: each is published before it signs, replaced in time, and destroyed once
/// nobody holds a token of it.
/// </summary>
internal sealed class TokenIssuer(
    ITokenKeys keys, IssuerWatch watch, IGrains grains, GatewayOptions options, TimeProvider clock, ILogger<TokenIssuer> log) : BackgroundService
{
    private static readonly TimeSpan _looksEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _triesAgainAfter = TimeSpan.FromSeconds(1);

    // Written by the loop, swapped whole: keys that were published.
    private volatile IReadOnlyList<TokenKey> _published = [];

    /// <summary>For whoever is about to do what cannot be taken back and then needs <see cref="Issue"/>.</summary>
    /// <exception cref="ApiException">No key of this gateway is published yet: so right after the start, or while the issuer's grain is away. Try again soon.</exception>
    public void RequireKey() => Signing(clock.GetUtcNow());

    /// <summary>A new access token, good from now for <see cref="TokenOptions.Life"/>.</summary>
    /// <param name="subject">The user's id.</param>
    /// <param name="loginSession">The login session, by which the token can be revoked.</param>
    /// <exception cref="ApiException">No key of this gateway is published yet: so right after the start, or while the issuer's grain is away. Try again soon.</exception>
    /// <exception cref="ArgumentException">The subject cannot stand in a token.</exception>
    public IssuedToken Issue(string subject, Role role, Guid loginSession)
    {
        var now = clock.GetUtcNow();
        var key = Signing(now);
        var issued = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        var second = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        var token = new AccessToken(options.Issuer, subject, role, loginSession, Guid.CreateVersion7(now), issued, second, second + options.Tokens.Life);
        return new IssuedToken(key.Signer.Sign(token), token);
    }

    private TokenKey Signing(DateTimeOffset now) => KeySchedule.Signing(_published, now, options.Tokens) ??
        throw new ApiException(ErrorTable.PartAway, "This gateway has no published key to sign tokens with yet.", retryAfter: _triesAgainAfter);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = await TryKeepKeysAsync(stoppingToken) ? _looksEvery : _triesAgainAfter;
            // Stopping is no failure, however it comes.
            await Task.Delay(wait, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>Whether all is as it should be for a while.</returns>
    private async Task<bool> TryKeepKeysAsync(CancellationToken stopping)
    {
        try
        {
            await KeepKeysAsync();
            return true;
        }
        // Whatever it was: recordings need no token, and the next try may succeed.
        catch (Exception failure)
        {
            // An engine that starts or stops beside us is nothing to speak of.
            if (failure is not EngineStoppedException && !stopping.IsCancellationRequested)
                log.LogWarning("The keys of access tokens cannot be looked after now ({Reason}); trying again", failure.Message);
            return false;
        }
    }

    private async Task KeepKeysAsync()
    {
        var now = clock.GetUtcNow();
        if (KeySchedule.NextFrom(keys.All, now, options.Tokens) is { } from)
        {
            var made = keys.Add(from);
            log.LogDebug("Made the key {Key}, which signs access tokens from {From:u} on", made.Signer.PublicKey.KeyId, made.SignsFrom);
        }
        var all = keys.All;
        for (var i = 0; i < all.Length; i++)
        {
            var end = KeySchedule.NotAfter(all, i, options.Tokens);
            if (end <= now)
                keys.Remove(all[i]);
            else
                await PublishAsync(all[i].Signer.PublicKey, end);
        }
        _published = keys.All;
    }

    private async Task PublishAsync(JsonWebKey key, DateTimeOffset end)
    {
        var published = new PublishedKey(key.KeyId, key.X, key.Y, options.Node, end);
        // Asked for again and again, so that a key comes back where the store was lost.
        if (!watch.Knows(published))
            await grains.Issuer().PublishAsync(published);
    }
}

/// <param name="Token">Secret.</param>
/// <param name="Claims">What it says.</param>
public sealed record IssuedToken(string Token, AccessToken Claims)
{
    public DateTimeOffset Expires => Claims.Expires;

    /// <summary>Without the token, so that no log ever shows it.</summary>
    public override string ToString() => $"a token of {Claims.Subject}, until {Expires:u}";
}
