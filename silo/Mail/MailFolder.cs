using System.Globalization;
using System.Text;
using Lucid.Gateway.Auth;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Mail;

/// <summary>Writes each mail into a directory, as a file of RFC 5322 whose name sorts by time.</summary>
internal sealed class MailFolder : IMailer
{
    private readonly string _folder;
    private readonly string _sender;
    private readonly TimeProvider _clock;

    private MailFolder(string folder, string sender, TimeProvider clock) => (_folder, _sender, _clock) = (folder, sender, clock);

    /// <exception cref="InvalidDataException">It cannot be made.</exception>
    public static MailFolder Open(string folder, string sender, TimeProvider clock)
    {
        try
        {
            DurableFile.CreateDirectory(folder);
            return new MailFolder(folder, sender, clock);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"mail.folder {folder} cannot be used ({refused.Message}). Give a directory that can be written to.", refused);
        }
    }

    public Task SendAsync(Gateway.Auth.Mail mail, CancellationToken cancellation)
    {
        var now = _clock.GetUtcNow();
        var text = $"From: {_sender}\r\nTo: {mail.To}\r\nSubject: {mail.Subject}\r\nDate: {now.ToString("r", CultureInfo.InvariantCulture)}\r\n" +
            $"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{mail.Text.ReplaceLineEndings("\r\n")}\r\n";
        try
        {
            DurableFile.Create(Path.Combine(_folder, $"{Guid.CreateVersion7(now):D}.eml"), Encoding.UTF8.GetBytes(text), DurableFile.OwnerOnly);
            return Task.CompletedTask;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return Task.FromException(new MailException($"{_folder} takes no mail: {refused.Message}", refused));
        }
    }
}
