using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Lucid.Evidence.Notes;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>
/// What a user's wallet signs to log in, at most <see cref="MaxLength"/> bytes of ASCII because Ledger signs no more (EIP-4361 does not fit):
/// <code>
/// &lt;domain&gt; login
/// &lt;address&gt;
/// Nonce: &lt;22 characters, base64url&gt;
/// Expires: &lt;UTC, yyyy-MM-ddTHH:mm:ssZ&gt;
/// </code>
/// with U+000A between the lines and none at the end. The wallet shows it, so that the user sees to whom the signature goes.
/// </summary>
public sealed record LoginMessage
{
    /// <summary>Most bytes of a message.</summary>
    public const int MaxLength = 255;

    /// <summary>Most characters of a domain: what the rest of the message leaves.</summary>
    public const int MaxDomainLength = MaxLength - RestLength;

    /// <summary>Bytes of a nonce.</summary>
    public const int NonceSize = 16;

    private const string DomainEnd = " login";
    private const string NonceStart = "Nonce: ";
    private const string ExpiresStart = "Expires: ";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const int NonceLength = 22;
    private const int RestLength = 6 + 1 + WalletAddress.Length + 1 + 7 + NonceLength + 1 + 9 + 20;

    /// <param name="domain">One for which <see cref="FindProblem"/> gives null.</param>
    /// <param name="nonce">22 characters: 16 bytes in base64url without padding.</param>
    /// <param name="expires">In UTC and whole seconds.</param>
    /// <exception cref="ArgumentException">Another domain, nonce or time.</exception>
    public LoginMessage(string domain, WalletAddress address, string nonce, DateTimeOffset expires)
    {
        if (FindProblem(domain) is { } problem)
            throw new ArgumentException(problem, nameof(domain));
        if (!IsNonce(nonce))
            throw new ArgumentException($"A nonce is {NonceSize} bytes in base64url, not '{nonce}'.", nameof(nonce));
        if (expires.Offset != TimeSpan.Zero || expires.Ticks % TimeSpan.TicksPerSecond != 0)
            throw new ArgumentException($"A login expires at a whole second of UTC, not at {expires:O}.", nameof(expires));
        (Domain, Address, Nonce, Expires) = (domain, address, nonce, expires);
    }

    /// <summary>Where the user logs in: a host name in lower case, with a port where it has one.</summary>
    public string Domain { get; }

    /// <summary>Who logs in.</summary>
    public WalletAddress Address { get; }

    /// <summary>22 characters that no other message has.</summary>
    public string Nonce { get; }

    /// <summary>From this second on the message lets nobody in.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>
    /// What is wrong with a domain and what to do, or null where it can stand in a message. A domain is a host name or IPv4 address in lower case,
    /// and a port where the users' browsers show one: at most <see cref="MaxDomainLength"/> characters, so a v3 onion address fits.
    /// </summary>
    public static string? FindProblem(string? domain)
    {
        if (string.IsNullOrEmpty(domain))
            return "The domain for logins is empty: name the host that users see in their browser.";
        if (domain.Length > MaxDomainLength)
            return $"The domain for logins has {domain.Length} characters, and {MaxDomainLength} are the most that a Ledger can sign: choose a shorter one.";
        if (domain.AsSpan().ContainsAnyInRange('A', 'Z'))
            return $"The domain for logins, '{domain}', has capitals: write it in lower case, as browsers do.";
        if (domain.Contains('/', StringComparison.Ordinal))
            return $"The domain for logins, '{domain}', is a URL: name its host alone, without scheme and path.";
        if (domain.Contains('[', StringComparison.Ordinal) || domain.Count(character => character == ':') > 1)
            return $"The domain for logins, '{domain}', is an IPv6 address: give the host a name.";
        var colon = domain.IndexOf(':', StringComparison.Ordinal);
        var host = colon < 0 ? domain : domain[..colon];
        if (colon >= 0 && !IsPort(domain.AsSpan(colon + 1)))
            return $"The domain for logins, '{domain}', has a port that is none: 1 to 65535, without zeros in front.";
        if (!host.Split('.').All(IsLabel))
            return $"The domain for logins, '{domain}', is no host name: letters, digits and hyphens between dots; other alphabets in punycode (xn--…).";
        return null;
    }

    /// <summary>Reads a message that <see cref="ToString"/> can have written, and nothing else.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out LoginMessage? message)
    {
        message = null;
        if (text is null || text.Length > MaxLength)
            return false;
        var lines = text.Split('\n');
        if (lines.Length != 4 ||
            !lines[0].EndsWith(DomainEnd, StringComparison.Ordinal) || FindProblem(lines[0][..^DomainEnd.Length]) is not null ||
            !WalletAddress.TryParse(lines[1], out var address) ||
            !lines[2].StartsWith(NonceStart, StringComparison.Ordinal) || !IsNonce(lines[2][NonceStart.Length..]) ||
            !lines[3].StartsWith(ExpiresStart, StringComparison.Ordinal) ||
            !DateTimeOffset.TryParseExact(lines[3].AsSpan(ExpiresStart.Length), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires))
            return false;
        var read = new LoginMessage(lines[0][..^DomainEnd.Length], address, lines[2][NonceStart.Length..], expires);
        // Whatever a part's own parser forgives would be a second text of the same message.
        if (!string.Equals(read.ToString(), text, StringComparison.Ordinal))
            return false;
        message = read;
        return true;
    }

    /// <summary>The message, ready to be signed and to be read by <see cref="TryParse"/>.</summary>
    public override string ToString() =>
        $"{Domain}{DomainEnd}\n{Address}\n{NonceStart}{Nonce}\n{ExpiresStart}{Expires.ToString(TimeFormat, CultureInfo.InvariantCulture)}";

    /// <summary>The bytes that the wallet signs.</summary>
    public byte[] ToArray() => Encoding.ASCII.GetBytes(ToString());

    private static bool IsPort(ReadOnlySpan<char> port) =>
        port.Length is >= 1 and <= 5 && port[0] != '0' && !port.ContainsAnyExceptInRange('0', '9') && int.Parse(port, NumberStyles.None, CultureInfo.InvariantCulture) <= 65535;

    private static bool IsLabel(string label) =>
        label.Length is >= 1 and <= 63 && label[0] != '-' && label[^1] != '-' &&
        label.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-');

    // 22 characters carry 132 bits, four more than 16 bytes have: those have to be zero, or one nonce would have sixteen texts.
    private static bool IsNonce(string nonce)
    {
        Span<byte> bytes = stackalloc byte[NonceSize];
        return nonce.Length == NonceLength && CanonicalBase64Url.TryDecode(nonce, bytes, out var written) && written == NonceSize;
    }
}
