using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Lucid.Grains.Identity;

/// <summary>
/// Time-based one-time passwords (RFC 6238) as every authenticator app makes them: HMAC-SHA-1, six digits, steps of 30 seconds. A code is
/// accepted in its own step and in the one on either side of it (section 5.2), for clocks that differ and people who type.
/// </summary>
public static class Totp
{
    /// <summary>Digits of a code. One in a million is right by chance, three at any time: attempts have to be counted.</summary>
    public const int Digits = 6;

    /// <summary>Bytes of a secret: as many as SHA-1 gives (RFC 4226, section 4, R6).</summary>
    public const int SecretSize = 20;

    private const int StepSeconds = 30;

    /// <summary>The code of a step.</summary>
    public static string CodeAt(ReadOnlySpan<byte> secret, long step) => CodeAt(secret, step, Digits);

    /// <summary>The step of a time: how many times 30 seconds have gone by since 1970.</summary>
    public static long StepAt(DateTimeOffset time) => time.ToUnixTimeSeconds() / StepSeconds;

    /// <summary>
    /// The step whose code this is, or null where it is none that counts. Whoever accepts the code remembers the step, and gives it as
    /// <paramref name="usedUpTo"/> from then on: a code that was read over a shoulder or off the wire is not accepted again, nor is an earlier one.
    /// </summary>
    /// <param name="code">What the user typed: six ASCII digits; white space is skipped, as apps show a gap in the middle.</param>
    /// <param name="usedUpTo">The last step that was accepted, or null where none was.</param>
    public static long? FindStep(ReadOnlySpan<byte> secret, string? code, DateTimeOffset now, long? usedUpTo)
    {
        if (code is null || code.Length > 2 * Digits)
            return null;
        var typed = Encoding.UTF8.GetBytes(string.Concat(code.Where(character => !char.IsWhiteSpace(character))));
        var current = StepAt(now);
        long? found = null;
        // All three are always computed and compared, so that the time taken says nothing about which one was near.
        for (var step = current - 1; step <= current + 1; step++)
        {
            var matches = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(CodeAt(secret, step)), typed);
            if (matches && found is null && (usedUpTo is null || step > usedUpTo))
                found = step;
        }
        return found;
    }

    /// <summary>What an authenticator app reads from a QR code (Google Authenticator's "Key Uri Format").</summary>
    /// <param name="issuer">Who asks for the code, as the app shows it: the domain. No colon, which would part it from the account: a port is left out.</param>
    /// <param name="account">Whose code it is, as the app shows it.</param>
    public static string UriOf(string issuer, string account, ReadOnlySpan<byte> secret)
    {
        if (issuer.Length == 0 || issuer.Contains(':', StringComparison.Ordinal))
            throw new ArgumentException($"An issuer of codes is a name without a colon, not '{issuer}'.", nameof(issuer));
        if (account.Length == 0 || account.Contains(':', StringComparison.Ordinal))
            throw new ArgumentException($"An account is a name without a colon, not '{account}'.", nameof(account));
        var name = Uri.EscapeDataString(issuer);
        return $"otpauth://totp/{name}:{Uri.EscapeDataString(account)}?secret={Base32.Encode(secret)}&issuer={name}&algorithm=SHA1&digits={Digits}&period={StepSeconds}";
    }

    // RFC 4226, section 5.3: four bytes of the HMAC, from where its last four bits say, without the sign, to the last digits.
    [SuppressMessage("Security", "CA5350", Justification = "HMAC-SHA-1 is what authenticator apps compute; collisions of SHA-1 do not touch it (RFC 6194, section 3.3).")]
    internal static string CodeAt(ReadOnlySpan<byte> secret, long step, int digits)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
        HMACSHA1.HashData(secret, counter, mac);
        var number = BinaryPrimitives.ReadInt32BigEndian(mac[(mac[^1] & 15)..]) & int.MaxValue;
        return number.ToString($"D{10}", CultureInfo.InvariantCulture)[^digits..];
    }
}
