using System.Buffers.Text;
using System.Security.Cryptography;
using Lucid.Evidence;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>
/// Makes login messages and recognises them, remembering none: a nonce is <see cref="RandomSize"/> random bytes and the first ten of an
/// HMAC-SHA256 over them and everything else that the message says. So a stranger who asks for many fills no memory, and any process with
/// the key can check what another has issued. That a message is used once is for the user's grain to remember, by its nonce, until it expires.
/// </summary>
public sealed class LoginChallenges
{
    /// <summary>Bytes of the key.</summary>
    public const int KeySize = 32;

    /// <summary>How long a user has to sign, unless the caller says otherwise.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(5);

    /// <summary>The longest time to sign. Whoever remembers used nonces remembers them for so long.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(1);

    // Two messages to one address within a second differ in these alone: 48 bits of chance. The MAC's 80 can only be guessed here, one request a guess.
    private const int RandomSize = 6;

    private readonly byte[] _key;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _clock;

    /// <param name="key">Exactly 32 secret bytes, the same in every process that checks what this one issues; a copy is kept.</param>
    /// <param name="domain">Where users log in: one for which <see cref="LoginMessage.FindProblem"/> gives null.</param>
    /// <param name="lifetime">How long a user has to sign: from a second to <see cref="MaxLifetime"/>.</param>
    /// <exception cref="ArgumentException">Another key, domain or lifetime.</exception>
    public LoginChallenges(ReadOnlySpan<byte> key, string domain, TimeSpan lifetime, TimeProvider clock)
    {
        if (key.Length != KeySize)
            throw new ArgumentException($"The key for login messages has {KeySize} bytes, not {key.Length}.", nameof(key));
        if (LoginMessage.FindProblem(domain) is { } problem)
            throw new ArgumentException(problem, nameof(domain));
        if (lifetime < TimeSpan.FromSeconds(1) || lifetime > MaxLifetime)
            throw new ArgumentOutOfRangeException(nameof(lifetime), lifetime, $"A login message lasts from a second to {MaxLifetime}.");
        (_key, Domain, _lifetime, _clock) = (key.ToArray(), domain, lifetime, clock);
    }

    /// <summary>Where users log in.</summary>
    public string Domain { get; }

    /// <summary>A new message for the wallet of this address to sign. Its time to sign is cut to whole seconds.</summary>
    public LoginMessage Issue(WalletAddress address)
    {
        var expires = DateTimeOffset.FromUnixTimeSeconds((_clock.GetUtcNow() + _lifetime).ToUnixTimeSeconds());
        Span<byte> nonce = stackalloc byte[LoginMessage.NonceSize];
        RandomNumberGenerator.Fill(nonce[..RandomSize]);
        Seal(address, expires, nonce[..RandomSize], nonce[RandomSize..]);
        return new LoginMessage(Domain, address, Base64Url.EncodeToString(nonce), expires);
    }

    /// <summary>
    /// Whether a message that came back is one that <see cref="Issue"/> has made for this address and is still good. It says nothing about who
    /// signed it (<see cref="WalletSignature.Check"/>), nor whether it was used before.
    /// </summary>
    public ChallengeCheck Check(string? message, WalletAddress address)
    {
        if (!LoginMessage.TryParse(message, out var read))
            return new ChallengeCheck(ChallengeVerdict.Malformed, null);
        if (!string.Equals(read.Domain, Domain, StringComparison.Ordinal))
            return new ChallengeCheck(ChallengeVerdict.WrongDomain, null);
        if (read.Address != address)
            return new ChallengeCheck(ChallengeVerdict.WrongAddress, null);
        var nonce = Base64Url.DecodeFromChars(read.Nonce);
        Span<byte> mac = stackalloc byte[LoginMessage.NonceSize - RandomSize];
        Seal(address, read.Expires, nonce.AsSpan(0, RandomSize), mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, nonce.AsSpan(RandomSize)))
            return new ChallengeCheck(ChallengeVerdict.NotOurs, null);
        return _clock.GetUtcNow() >= read.Expires
            ? new ChallengeCheck(ChallengeVerdict.Expired, null)
            : new ChallengeCheck(ChallengeVerdict.Ok, read);
    }

    // Each part is a line, and none can hold a line's end: two different messages never give the same bytes.
    private void Seal(WalletAddress address, DateTimeOffset expires, ReadOnlySpan<byte> random, Span<byte> mac)
    {
        var said = new RecordWriter().Line("lucid.login-challenge/1").Line(Domain).Line(address.ToString())
            .Line(expires.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture)).Hex(random).ToArray();
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, said, whole);
        whole[..mac.Length].CopyTo(mac);
    }
}
