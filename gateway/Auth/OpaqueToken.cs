using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Notes;
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
    /// <summary>
    /// Of a refresh token, SHA-256 of the first half of its secret, which all tokens of a login have in common: one that is not the last of its family
    /// was exchanged before. The other half is chance that no earlier token tells. Null for the other kinds.
    /// </summary>
    public Hash256? Family { get; private init; }

    /// <summary>Exchanged for the next one and an access token.</summary>
    public const string Refresh = "lrt";

    /// <summary>Mailed to a user, and shown together with a code.</summary>
    public const string MailLink = "lml";

    /// <summary>Shown by programs.</summary>
    public const string Program = "lpt";

    private const int SecretBytes = 32;
    private const int FamilyBytes = 16;
    private const int MaxUserBytes = 256;

    // Of 43 characters for 32 bytes the last one has two bits that are nobody's.
    private const int SecretLength = 43;
    private const int LongestText = 512;

    /// <summary>Makes a secret, and gives the token and its text, which is told once.</summary>
    public static (OpaqueToken Token, string Text) Make(string kind, string user, Guid id) =>
        Write(kind, user, id, RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Makes the token that takes the place of one: another secret of the same family.</summary>
    /// <param name="text">What <paramref name="token"/> was parsed from.</param>
    public static (OpaqueToken Token, string Text) MakeNext(OpaqueToken token, string text)
    {
        var secret = Base64Url.DecodeFromChars(text.AsSpan(text.LastIndexOf('.') + 1));
        RandomNumberGenerator.Fill(secret.AsSpan(FamilyBytes));
        return Write(token.Kind, token.User, token.Id, secret);
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
        // Whoever made it up could else name what is no key of a grain, or have a grain made for each name that comes to their mind.
        return Encoding.ASCII.GetString(name) is var whose && UserId.IsOne(whose) ? Of(kind, whose, which, bytes) : null;
    }

    private static (OpaqueToken Token, string Text) Write(string kind, string user, Guid id, byte[] secret) =>
        (Of(kind, user, id, secret), $"{kind}_{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(user))}.{id:N}.{Base64Url.EncodeToString(secret)}");

    private static OpaqueToken Of(string kind, string user, Guid id, ReadOnlySpan<byte> secret) => new(kind, user, id, Hash256.Of(secret))
    {
        Family = kind == Refresh ? Hash256.Of(secret[..FamilyBytes]) : null,
    };

    /// <summary>Without what could be guessed from.</summary>
    public override string ToString() => $"{Kind} {Id:N} of {User}";

    /// <summary>Null where it is not canonical: another text would mean the same bytes.</summary>
    private static byte[]? Decode(string text)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        return CanonicalBase64Url.TryDecode(text, bytes, out var written) ? bytes[..written] : null;
    }
}
