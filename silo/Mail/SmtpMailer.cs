using System.Net;
using System.Net.Mail;
using System.Text;
using Lucid.Gateway.Auth;

namespace Lucid.Silo.Mail;

/// <summary>
/// Hands mail to a server for submission (RFC 6409), over STARTTLS unless it is on this machine. The framework's own client: MailKit, which is
/// the better one, needs a package that not every registry has, and a text to one person needs none of what it does better.
/// </summary>
internal sealed class SmtpMailer(MailOptions options, string? password, TimeProvider clock) : IMailer
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    private readonly bool _isHere = options.Server == "localhost" || (IPAddress.TryParse(options.Server, out var address) && IPAddress.IsLoopback(address));

    public async Task SendAsync(Gateway.Auth.Mail mail, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_deadline, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        using var client = new SmtpClient(options.Server, options.Port) { EnableSsl = !_isHere };
        if (password is not null)
            client.Credentials = new NetworkCredential(options.User, password);
        using var message = new MailMessage(options.Sender!, mail.To.ToString(), mail.Subject, mail.Text)
        {
            SubjectEncoding = Encoding.UTF8,
            BodyEncoding = Encoding.UTF8,
        };
        try
        {
            await client.SendMailAsync(message, either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new MailException($"{options.Server}:{options.Port} did not take the mail within {_deadline.TotalSeconds} s.");
        }
        catch (SmtpException refused)
        {
            throw new MailException($"{options.Server}:{options.Port} did not take the mail: {refused.Message}{(refused.InnerException is { } inner ? $" {inner.Message}" : "")}", refused);
        }
    }
}
