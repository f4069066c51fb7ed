using Lucid.Gateway.Auth;

namespace Lucid.Silo.Mail;

internal static class MailRegistration
{
    /// <summary>What sends mail, where the options say how. Before the gateway, which looks for it.</summary>
    /// <exception cref="InvalidDataException">The password's file, or the folder, cannot be used.</exception>
    public static void AddMail(this IServiceCollection services, MailOptions options, TimeProvider clock)
    {
        if (options.Folder is not null)
            services.AddSingleton<IMailer>(MailFolder.Open(options.Folder, options.Sender!, clock));
        else if (options.Server is not null)
            services.AddSingleton<IMailer>(new SmtpMailer(options, options.User is null ? null : options.ReadPassword(), clock));
    }
}
