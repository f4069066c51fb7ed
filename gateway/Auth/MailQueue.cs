using System.Threading.Channels;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Audit;
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
internal sealed class MailQueue(IGrains grains, IMailer mailer, LoginPlace place, AuditTrail trail, TimeProvider clock, ILogger<MailQueue> log) : BackgroundService
{
    // A mail is sent within a second or two; more than this waits only where the server is slow or away.
    private const int MaxWaiting = 100;

    private readonly Channel<(MailAddress Address, AuditEvent Event)> _asked = Channel.CreateBounded<(MailAddress, AuditEvent)>(MaxWaiting);

    /// <param name="asked">That it was asked for, which is told of users only: whoever is none here has no place in the audit log.</param>
    /// <exception cref="ApiException">Too many wait already.</exception>
    public void Ask(MailAddress address, AuditEvent asked)
    {
        if (!_asked.Writer.TryWrite((address, asked)))
            throw new ApiException(ErrorTable.TooManyWaiting, $"{MaxWaiting} mails wait to be sent.", retryAfter: TimeSpan.FromSeconds(10));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var (address, asked) in _asked.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await SendAsync(address, asked, stoppingToken);
            }
            catch (Exception refused) when (refused is UserUnknownException or UserSuspendedException or LockedOutException)
            {
                if (refused is not UserUnknownException)
                    trail.Count(asked with { Outcome = AuditOutcome.Refused }, ErrorMapping.Map(refused).Kind.Code, address.UserId);
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

    private async Task SendAsync(MailAddress address, AuditEvent asked, CancellationToken cancellation)
    {
        var (link, text) = OpaqueToken.Make(OpaqueToken.MailLink, address.UserId, Guid.CreateVersion7(clock.GetUtcNow()));
        await grains.Get<IUserGrain>(address.UserId).MakeLinkAsync(new MailLink(link.Id, link.Secret));
        trail.Count(asked, account: address.UserId);
        await mailer.SendAsync(new Mail(address, $"Sign in at {place.Domain}", $"""
            Somebody wants to sign in at {place.Domain} as {address}. If it is you:

            lucid login --url {place.Url} --link {text}

            It is good once, for a quarter of an hour, and together with the code of your authenticator only.
            Nobody else needs either of them. If it is not you, do nothing.
            """), cancellation);
    }
}
