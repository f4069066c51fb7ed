using System.Text;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Silo.Mail;

/// <summary>How mail goes out to users who sign in by it. Without any of these none does, and wallets are the only door.</summary>
public sealed record MailOptions
{
    /// <summary>The SMTP server that takes mail for submission. Beyond loopback it has to speak STARTTLS.</summary>
    public string? Server { get; init; }

    /// <summary>Its port: 1 to 65,535, default 587.</summary>
    public int Port { get; init; } = 587;

    /// <summary>Whom mail is from.</summary>
    public string? Sender { get; init; }

    /// <summary>The name by which to authenticate there; none by default.</summary>
    public string? User { get; init; }

    /// <summary>A file that holds its password and nothing else.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Instead of a server: a directory into which each mail is written as a file, for development.</summary>
    public string? Folder { get; init; }

    internal bool IsOn => Server is not null || Folder is not null;

    /// <summary>What is wrong, a sentence each, with the options that it is about.</summary>
    internal IEnumerable<(string Text, string Option)> FindMistakes()
    {
        if (Server is not null && Folder is not null)
            yield return ("mail.server and mail.folder are both given; mail goes one way, so leave one out", "mail.folder");
        if (Server is not null && Uri.CheckHostName(Server) == UriHostNameType.Unknown)
            yield return ($"mail.server is '{Server}'; give a host's name or address without scheme and port", "mail.server");
        if (IsOn && Sender is null)
            yield return ("mail.sender is missing; give the address that mail is from, such as lucid@example.org", "mail.sender");
        if (Sender is not null && MailAddress.OfUser(MailAddress.IdPrefix + Sender) is null)
            yield return ($"mail.sender is '{Sender}'; give an e-mail address in lower case, such as lucid@example.org", "mail.sender");
        if (User is null != PasswordFile is null)
            yield return ($"mail.{(User is null ? "user" : "passwordFile")} is missing; give both of user and passwordFile, or none", "mail.user");
    }

    /// <exception cref="InvalidDataException">The file cannot be read; the message names it, and quotes nothing of it.</exception>
    internal string ReadPassword()
    {
        try
        {
            return File.ReadAllText(PasswordFile!, new UTF8Encoding(false, throwOnInvalidBytes: true)).TrimEnd('\r', '\n');
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new InvalidDataException($"mail.passwordFile {PasswordFile} cannot be read: {unreadable.Message} It holds the password of mail.user and nothing else.", unreadable);
        }
    }
}
