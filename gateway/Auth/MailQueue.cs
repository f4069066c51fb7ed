using System.Threading.Channels;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Auth;

/// <summary>
/// Makes links for those who asked for one, and mails them. Apart from the request, so that neither its answer nor the time that it takes says
/// who is a user here.
/// </summary>
internal sealed class MailQueue(IGrains grains, IMailer mailer, LoginPlace place, TimeProvider clock, ILogger<MailQueue> log) : BackgroundService
{
    // A mail is sent within a second or two; more than this waits only where the server is slow or away.
    private const int MaxWaiting = 100;

    private readonly Channel<MailAddress> _asked = Channel.CreateBounded<MailAddress>(MaxWaiting);

    /// <exception cref="ApiException">Too many wait already.</exception>
    public void Ask(MailAddress address)
    {
        if (!_asked.Writer.TryWrite(address))
            throw new ApiException(ErrorTable.TooManyWaiting, $"{MaxWaiting} mails wait to be sent.", retryAfter: TimeSpan.FromSeconds(10));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var address in _asked.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await SendAsync(address, stoppingToken);
            }
            catch (Exception refused) when (refused is UserUnknownException or UserSuspendedException or LockedOutException)
            {
                log.LogInformation("No link was mailed to {Address}: {Reason}", address, refused.Message);
            }
            catch (Exception failed) when (failed is MailException or EngineException or GrainException or ApiException)
            {
                log.LogWarning("The link for {Address} could not be mailed: {Reason}", address, failed.Message);
            }
            // A fault of ours costs one mail: out of here it would stop the process. Its own words could quote the mail, so they are left out.
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogError("The link for {Address} could not be mailed: {Fault}\n{Stack}", address, fault.GetType().Name, fault.StackTrace);
            }
        }
    }

    private async Task SendAsync(MailAddress address, CancellationToken cancellation)
    {
        var (link, text) = OpaqueToken.Make(OpaqueToken.MailLink, address.UserId, Guid.CreateVersion7(clock.GetUtcNow()));
        await grains.Get<IUserGrain>(address.UserId).MakeLinkAsync(new MailLink(link.Id, link.Secret));
        await mailer.SendAsync(new Mail(address, $"Sign in at {place.Domain}", $"""
            Somebody wants to sign in at {place.Domain} as {address}. If it is you:

            lucid login --url {place.Url} --link {text}

            It is good once, for a quarter of an hour, and together with the code of your authenticator only.
            Nobody else needs either of them. If it is not you, do nothing.
            """), cancellation);
    }
}
