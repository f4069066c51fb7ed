using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Lucid.Evidence.Keys;

namespace Lucid.Client;

/// <summary>
/// What a node asks a wallet to sign, at most 255 bytes of ASCII:
/// <code>
/// &lt;domain&gt; login
/// &lt;address&gt;
/// Nonce: &lt;22 characters, base64url&gt;
/// Expires: &lt;UTC, yyyy-MM-ddTHH:mm:ssZ&gt;
/// </code>
/// Whoever signs it is let in at that domain, and so is whoever passes it on. That is why it is read strictly here before a key comes near it:
/// a wallet that signs whatever it is handed signs the challenge that somebody else was given elsewhere.
/// </summary>
/// <param name="Domain">Where it lets its bearer in: a host, and a port where it is not the usual one.</param>
/// <param name="Address">Whom it is for.</param>
/// <param name="Expires">From this second on it lets nobody in.</param>
/// <param name="Text">All of it.</param>
public sealed record LoginChallenge(string Domain, string Address, DateTimeOffset Expires, string Text)
{
    private const int MaxLength = 255;
    private const int NonceBytes = 16;
    private const string DomainEnd = " login";
    private const string NonceStart = "Nonce: ";
    private const string ExpiresStart = "Expires: ";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>The wallet's signature, as 130 hexadecimal digits. Look for a problem first: see <see cref="FindProblem"/>.</summary>
    public string Sign(Secp256k1PrivateKey wallet) => wallet.Sign(PersonalMessage.Digest(TronAddress.Wallets.Name, Encoding.ASCII.GetBytes(Text))).ToString();

    /// <summary>Reads a message. Null for any text that is not written as above, such as a transaction, or a sentence that somebody would have us sign.</summary>
    public static LoginChallenge? Read(string text)
    {
        if (text.Length > MaxLength || text.Split('\n') is not [var first, var address, var nonce, var expires] ||
            !first.EndsWith(DomainEnd, StringComparison.Ordinal) || !IsDomain(first[..^DomainEnd.Length]) ||
            !TronAddress.Is(address) ||
            !nonce.StartsWith(NonceStart, StringComparison.Ordinal) || !IsNonce(nonce[NonceStart.Length..]) ||
            !expires.StartsWith(ExpiresStart, StringComparison.Ordinal) ||
            !DateTimeOffset.TryParseExact(expires.AsSpan(ExpiresStart.Length), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end))
            return null;
        return new LoginChallenge(first[..^DomainEnd.Length], address, end, text);
    }

    /// <summary>Why it must not be signed; null where it may be.</summary>
    /// <param name="url">Where the user wants to sign in, as they have named it.</param>
    /// <param name="address">Whose wallet signs.</param>
    /// <param name="now">By the clock here.</param>
    public string? FindProblem(Uri url, string address, DateTimeOffset now)
    {
        if (Domain != DomainOf(url))
        {
            return $"{url.GetLeftPart(UriPartial.Authority)} asks for a signature that lets its bearer in at {Domain}, so it may be passing on what {Domain} asked of somebody. " +
                "Nothing was signed.";
        }
        if (Address != address)
            return $"{url.GetLeftPart(UriPartial.Authority)} asks for a signature of {Address}, and this is the wallet of {address}. Nothing was signed.";
        if (Expires <= now)
            return $"What {Domain} asks to be signed has expired at {Moment(Expires)}, and this machine's clock says {Moment(now)}: set it right, and try again. Nothing was signed.";
        return null;
    }

    /// <summary>How a node that is reached by this address calls itself in what it asks to be signed.</summary>
    public static string DomainOf(Uri url) => url.IsDefaultPort ? url.IdnHost : $"{url.IdnHost}:{url.Port}";

    private static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    // Nothing that a terminal would obey, and no second colon or slash that would make it another place than it seems.
    private static bool IsDomain(string domain) =>
        domain.Length > 0 && domain.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '.' or '-' or ':');

    private static bool IsNonce(string nonce) => Base64Url.IsValid(nonce, out var length) && length == NonceBytes && nonce.Length == 22;
}
