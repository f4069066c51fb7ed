using System.Buffers;
using System.Text;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>
/// The e-mail address of a user without a wallet, in lower case: what RFC 5321 calls a dot-string at a host, in ASCII. Quoted names, literals of
/// addresses and comments are none: nobody has them, and a header is no place for what they may contain.
/// </summary>
public sealed record MailAddress
{
    /// <summary>
    /// Less than the 254 of RFC 5321 (4.5.3.1.3, without its brackets): a grain's key and a name in the audit log have 256, and "account/mail:" stands
    /// before the address in the longest of them.
    /// </summary>
    public const int MaxLength = 243;

    /// <summary>What a user's id begins with whose proof is the mailbox, and no wallet's.</summary>
    public const string IdPrefix = "mail:";

    private const int MaxNameLength = 64;
    private static readonly SearchValues<char> _inName = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+=^_`{|}~-.");

    private readonly string _text;

    private MailAddress(string text) => _text = text;

    /// <summary>The id of the user whose it is.</summary>
    public string UserId => IdPrefix + _text;

    /// <exception cref="FormatException">It is none, in a sentence that says why.</exception>
    public static MailAddress Parse(string text)
    {
        // Letters of other scripts can have a lower case in ASCII, as the Kelvin sign has.
        var lower = Ascii.IsValid(text) ? text.ToLowerInvariant() : "";
        if (lower.Length > MaxLength || lower.Split('@') is not [{ Length: >= 1 and <= MaxNameLength } name, { Length: >= 1 } host])
            throw new FormatException($"'{Shown(text)}' is no e-mail address of at most {MaxLength} characters, such as ada@example.org.");
        if (name.AsSpan().ContainsAnyExcept(_inName) || name[0] == '.' || name[^1] == '.' || name.Contains("..", StringComparison.Ordinal))
            throw new FormatException($"'{Shown(text)}' has a name before its @ that cannot be written to; quoted names are not taken.");
        if (!IsHost(host))
            throw new FormatException($"'{Shown(text)}' has no name of a host behind its @.");
        return new MailAddress(lower);
    }

    /// <summary>The address whose user has that id; null where it is no such user's.</summary>
    public static MailAddress? OfUser(string id)
    {
        if (!id.StartsWith(IdPrefix, StringComparison.Ordinal))
            return null;
        try
        {
            var address = Parse(id[IdPrefix.Length..]);
            return address.UserId == id ? address : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public override string ToString() => _text;

    private static bool IsHost(string host) =>
        host.Split('.').All(label => label.Length is >= 1 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-'));

    private static string Shown(string text) => new([.. text.Take(80).Select(character => char.IsControl(character) ? '?' : character)]);
}
