using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Auth;

/// <summary>
/// A token that says nothing but whose it is, which one, and a secret: KIND_USER.ID.SECRET, where the user's id and the secret are base64url
/// without padding and the id 32 hexadecimal digits. Only the secret's SHA-256 is ever kept. Secret itself.
/// </summary>
/// <param name="Kind">What it is for: one of the constants.</param>
/// <param name="User">The user's id.</param>
/// <param name="Id">Which of the user's it is.</param>
/// <param name="Secret">SHA-256 of the secret.</param>
public sealed record OpaqueToken(string Kind, string User, Guid Id, Hash256 Secret)
{
    /// <summary>Exchanged for the next one and an access token.</summary>
    public const string Refresh = "lrt";

    /// <summary>Mailed to a user, and shown together with a code.</summary>
    public const string MailLink = "lml";

    /// <summary>Shown by programs.</summary>
    public const string Program = "lpt";

    private const int SecretBytes = 32;
    private const int MaxUserBytes = 256;

    // Of 43 characters for 32 bytes the last one has two bits that are nobody's.
    private const int SecretLength = 43;
    private const int LongestText = 512;

    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Makes a secret, and gives the token and its text, which is told once.</summary>
    public static (OpaqueToken Token, string Text) Make(string kind, string user, Guid id)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        return (new OpaqueToken(kind, user, id, Hash256.Of(secret)), $"{kind}_{Base64Url.EncodeToString(_utf8.GetBytes(user))}.{id:N}.{Base64Url.EncodeToString(secret)}");
    }

    public static bool Is(string kind, ReadOnlySpan<char> text) => text.StartsWith(kind, StringComparison.Ordinal) && text.Length > kind.Length && text[kind.Length] == '_';

    /// <summary>Null for whatever <see cref="Make"/> would not have written.</summary>
    public static OpaqueToken? Parse(string kind, string text)
    {
        if (text.Length > LongestText || !Is(kind, text) || text[(kind.Length + 1)..].Split('.') is not [{ Length: > 0 } user, { Length: 32 } id, { Length: SecretLength } secret])
            return null;
        if (!Guid.TryParseExact(id, "N", out var which) || which.ToString("N") != id)
            return null;
        if (Decode(user) is not { Length: <= MaxUserBytes } name || Decode(secret) is not { Length: SecretBytes } bytes)
            return null;
        try
        {
            // Whoever made it up could else name what is no key of a grain, or have a grain made for each name that comes to their mind.
            return _utf8.GetString(name) is var whose && UserId.IsOne(whose) ? new OpaqueToken(kind, whose, which, Hash256.Of(bytes)) : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>Without what could be guessed from.</summary>
    public override string ToString() => $"{Kind} {Id:N} of {User}";

    /// <summary>Null where it is not canonical: another text would mean the same bytes.</summary>
    private static byte[]? Decode(string text)
    {
        if (!Base64Url.IsValid(text) || text.Contains('=', StringComparison.Ordinal))
            return null;
        var bytes = Base64Url.DecodeFromChars(text);
        return Base64Url.EncodeToString(bytes) == text ? bytes : null;
    }
}
