using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>
/// The payload of an access token. Every claim has to be there, once, in the spelling that is written here; one more refuses the token,
/// because a claim that is not understood may be a restriction.
/// </summary>
internal static class AccessTokenClaims
{
    private const long MaxSeconds = 253_402_300_799; // The last second that a DateTimeOffset holds.
    private const int AllClaims = 0xff;

    private static readonly SearchValues<char> _plain = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(one => (char)one).Except(['"', '\\'])]);

    /// <exception cref="ArgumentException">Issuer or subject cannot stand in a token.</exception>
    public static byte[] Write(AccessToken token)
    {
        foreach (var text in new[] { token.Issuer, token.Subject })
        {
            if (text.Length is 0 or > 256 || text.AsSpan().ContainsAnyExcept(_plain))
                throw new ArgumentException("Issuer and subject have 1 to 256 characters of printable ASCII without quotation mark and backslash.", nameof(token));
        }
        var issued = token.Issued.ToUnixTimeMilliseconds();
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$"""{"iss":"{{token.Issuer}}","sub":"{{token.Subject}}","role":"{{NameOf(token.Role)}}","sid":"{{token.LoginSession:D}}","jti":"{{token.Id:D}}","iat":{{issued / 1000}}.{{issued % 1000:D3}},"nbf":{{token.NotBefore.ToUnixTimeSeconds()}},"exp":{{token.Expires.ToUnixTimeSeconds()}}}"""));
    }

    /// <returns>Null for anything that <see cref="Write"/> does not write.</returns>
    /// <param name="issuer">Ours, so that the text need not be made again; another one is read as it is.</param>
    public static AccessToken? Read(ReadOnlySpan<byte> json, string issuer)
    {
        try
        {
            return ReadStrictly(json, issuer);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static AccessToken? ReadStrictly(ReadOnlySpan<byte> json, string issuer)
    {
        var reader = new Utf8JsonReader(json);
        var seen = 0;
        ReadOnlySpan<byte> iss = default, sub = default;
        var (role, sid, jti) = (Role.User, Guid.Empty, Guid.Empty);
        long issued = 0, notBefore = 0, expires = 0;
        FlatObject.Begin(ref reader);
        while (FlatObject.TryNext(ref reader, out var name, out var value, out var isNumber))
        {
            int claim;
            bool isGood;
            if (name.SequenceEqual("iss"u8))
            {
                (claim, isGood) = (1, IsPlain(value));
                iss = value;
            }
            else if (name.SequenceEqual("sub"u8))
            {
                (claim, isGood) = (2, IsPlain(value));
                sub = value;
            }
            else if (name.SequenceEqual("role"u8))
                (claim, isGood) = (4, TryReadRole(value, out role));
            else if (name.SequenceEqual("sid"u8))
                (claim, isGood) = (8, TryReadId(value, out sid));
            else if (name.SequenceEqual("jti"u8))
                (claim, isGood) = (16, TryReadId(value, out jti));
            else if (name.SequenceEqual("iat"u8))
                (claim, isGood) = (32, TryReadMilliseconds(value, out issued));
            else if (name.SequenceEqual("nbf"u8))
                (claim, isGood) = (64, TryReadSeconds(value, out notBefore));
            else if (name.SequenceEqual("exp"u8))
                (claim, isGood) = (128, TryReadSeconds(value, out expires));
            else
                return null;
            if (!isGood || (seen & claim) != 0 || isNumber != claim >= 32)
                return null;
            seen |= claim;
        }
        FlatObject.End(ref reader);
        return seen == AllClaims
            ? new AccessToken(
                TextOf(iss, issuer), Encoding.ASCII.GetString(sub), role, sid, jti, DateTimeOffset.FromUnixTimeMilliseconds(issued),
                DateTimeOffset.FromUnixTimeSeconds(notBefore), DateTimeOffset.FromUnixTimeSeconds(expires))
            : null;
    }

    private static string NameOf(Role role) => role switch
    {
        Role.User => "user",
        Role.NodeOperator => "node_operator",
        Role.Admin => "admin",
        Role.SuperAdmin => "super_admin",
        _ => throw new ArgumentException($"{role} is no role.", nameof(role)),
    };

    private static bool TryReadRole(ReadOnlySpan<byte> value, out Role role)
    {
        foreach (var one in (ReadOnlySpan<Role>)[Role.User, Role.NodeOperator, Role.Admin, Role.SuperAdmin])
        {
            role = one;
            if (Ascii.Equals(value, NameOf(one)))
                return true;
        }
        role = default;
        return false;
    }

    private static bool IsPlain(ReadOnlySpan<byte> value) => value.Length is > 0 and <= 256 && !value.ContainsAnyExceptInRange((byte)' ', (byte)'~');

    private static string TextOf(ReadOnlySpan<byte> value, string known) => Ascii.Equals(value, known) ? known : Encoding.ASCII.GetString(value);

    /// <summary>Lower-case hexadecimal digits in groups of 8, 4, 4, 4 and 12.</summary>
    private static bool TryReadId(ReadOnlySpan<byte> value, out Guid id) =>
        Utf8Parser.TryParse(value, out id, out var read, 'D') && read == value.Length && !value.ContainsAnyInRange((byte)'A', (byte)'F');

    private static bool TryReadSeconds(ReadOnlySpan<byte> value, out long seconds) =>
        Utf8Parser.TryParse(value, out seconds, out var read) && read == value.Length && seconds is >= 0 and <= MaxSeconds && value[0] != '-';

    /// <summary>Seconds and three decimals.</summary>
    private static bool TryReadMilliseconds(ReadOnlySpan<byte> value, out long milliseconds)
    {
        milliseconds = 0;
        if (value.Length < 5 || value[^4] != '.' || !TryReadSeconds(value[..^4], out var seconds) || value[^3..].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        milliseconds = (seconds * 1000) + ((value[^3] - '0') * 100) + ((value[^2] - '0') * 10) + (value[^1] - '0');
        return true;
    }
}
