using System.Collections.Immutable;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>
/// What all gateways have to agree on about access tokens: the public keys that sign them, and which tokens ended before their time. One
/// grain, whose key is <see cref="Key"/>. It calls no other. No private key ever comes here; whoever lies in its place can add a key, as it
/// can change a role.
/// </summary>
public interface IIssuerGrain : IGrain
{
    /// <summary>The only key.</summary>
    public const string Key = "lucid";

    /// <summary>Keys at once: the most that there are room for, of all gateways together.</summary>
    public const int MaxKeys = 100;

    /// <summary>Keys of one gateway. One more takes the place of the one that ends first, so that a gateway that loses its disk again and again fills nothing.</summary>
    public const int MaxKeysOfOne = 4;

    /// <summary>Revocations in one answer of <see cref="NewsAsync"/>.</summary>
    public const int MaxNews = 1_000;

    /// <summary>
    /// Makes a key known, durably, before anything is signed with it. The same key again takes the newer name and end; so does one whose end
    /// has moved.
    /// </summary>
    /// <exception cref="Sessions.InvalidRequestException">Not a key as <see cref="PublishedKey"/> describes it.</exception>
    /// <exception cref="TooManyKeysException">There are <see cref="MaxKeys"/> of other gateways that have not ended.</exception>
    Task PublishAsync(PublishedKey key);

    /// <summary>Every key that has not ended.</summary>
    Task<PublishedKeys> KeysAsync();

    /// <summary>
    /// Ends access tokens before their time, durably; every gateway hears of it within its next <see cref="NewsAsync"/>. What is revoked
    /// already stays so.
    /// </summary>
    /// <exception cref="Sessions.InvalidRequestException">Neither one login session nor one subject, or for too long.</exception>
    Task RevokeAsync(Revocation revocation);

    /// <summary>
    /// What was revoked after a running number. Answered from memory: each gateway asks several times a second.
    /// </summary>
    /// <param name="since">The <see cref="IssuerNews.Number"/> of the last answer; 0 at first.</param>
    Task<IssuerNews> NewsAsync(long since);
}

/// <summary>The public half of a key that signs access tokens (ES256: RFC 7518 sections 3.4 and 6.2.1).</summary>
/// <param name="KeyId">Its RFC 7638 thumbprint: see <see cref="KeyThumbprint"/>.</param>
/// <param name="X">The point's x on P-256: 32 bytes in base64url without padding.</param>
/// <param name="Y">As <paramref name="X"/>.</param>
/// <param name="Gateway">Who signs with it. 1 to 128 characters.</param>
/// <param name="NotAfter">When the last token that it signed has expired everywhere; until <see cref="MaxLife"/> from now.</param>
public sealed record PublishedKey(string KeyId, string X, string Y, string Gateway, DateTimeOffset NotAfter)
{
    /// <summary>How far ahead a key's end may lie.</summary>
    public static TimeSpan MaxLife { get; } = TimeSpan.FromDays(400);
}

/// <param name="Version">Another one for every other set of keys, and the same for the same.</param>
public sealed record PublishedKeys(string Version, ImmutableArray<PublishedKey> Keys);

/// <summary>Access tokens that ended before their time: all of one login session, or all of one subject that were issued before a moment.</summary>
/// <param name="LoginSession">The claim `sid`. Sure, whatever the clocks of gateways say.</param>
/// <param name="Subject">The claim `sub`, where there is no <paramref name="LoginSession"/>.</param>
/// <param name="IssuedBefore">
/// With a subject. Tokens carry the clock of the gateway that issued them: where no new ones are to come, say one that lies
/// <see cref="ClockSkew"/> ahead; where they are, name the login sessions instead.
/// </param>
/// <param name="Until">When the last of these tokens expires, by its own word: at most <see cref="MaxTokenLife"/> from now.</param>
public sealed record Revocation(Guid? LoginSession, string? Subject, DateTimeOffset? IssuedBefore, DateTimeOffset Until)
{
    /// <summary>The longest that any access token lives: no gateway may be told more, and none honours one that says more.</summary>
    public static TimeSpan MaxTokenLife { get; } = TimeSpan.FromMinutes(15);

    /// <summary>How far the clocks of two gateways may lie apart. Tokens are accepted for so long after they expire, and revocations kept.</summary>
    public static TimeSpan ClockSkew { get; } = TimeSpan.FromSeconds(30);

    public static Revocation OfSession(Guid loginSession, DateTimeOffset until) => new(loginSession, null, null, until);

    public static Revocation OfSubject(string subject, DateTimeOffset issuedBefore, DateTimeOffset until) => new(null, subject, issuedBefore, until);

    /// <summary>Whether every gateway would refuse those tokens anyway.</summary>
    public bool IsOver(DateTimeOffset now) => now > Until + ClockSkew + ClockSkew;
}

/// <param name="Number">Where to ask from the next time. Lower than what was asked for where the store was set back: ask from 0 then.</param>
/// <param name="KeysVersion">See <see cref="PublishedKeys"/>.</param>
/// <param name="RenewBefore">
/// Tokens issued before that moment are no longer good, and those who hold them get new ones with their refresh tokens, or do not: older
/// revocations are kept no more.
/// </param>
/// <param name="HasMore">Whether there is more to ask for at once.</param>
public sealed record IssuerNews(long Number, string KeysVersion, DateTimeOffset RenewBefore, ImmutableArray<Revocation> Revocations, bool HasMore);

/// <summary>As many keys as there is room for have not ended. Nothing was published; try again when one has.</summary>
public sealed class TooManyKeysException : GrainException
{
    public TooManyKeysException(string message) : base(message) { }
}
