using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Auth;

/// <summary>Sends mail to users. A host that sends none registers none.</summary>
public interface IMailer
{
    /// <exception cref="MailException">It was not taken; the message says why, without what the mail says.</exception>
    Task SendAsync(Mail mail, CancellationToken cancellation);
}

/// <param name="Text">Plain text with lines of at most 900 characters. It holds secrets.</param>
public sealed record Mail(MailAddress To, string Subject, string Text)
{
    /// <summary>Without the text, so that no log ever shows it.</summary>
    public override string ToString() => $"mail to {To}: {Subject}";
}

/// <summary>A mail could not be sent. Sending it again later may do.</summary>
public sealed class MailException(string message, Exception? cause = null) : Exception(message, cause);
