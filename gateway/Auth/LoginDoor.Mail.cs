using System.Security.Cryptography;
using Lucid.Gateway.Audit;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Auth;

/// <summary>The second door, for users without a wallet.</summary>
internal sealed partial class LoginDoor
{
    /// <summary>Bytes that recovery codes are made of.</summary>
    public const int RecoverySeedSize = 32;

    private const int FactorSecretSize = 20;

    /// <summary>Whether there is a second factor to set up with that link; one that is none is counted.</summary>
    /// <exception cref="LoginEndedException">The link is none, or no longer.</exception>
    /// <exception cref="SecondFactorThereException"/>
    public async Task CheckLinkAsync(OpaqueToken link, HttpContext context)
    {
        var attempts = await MayTryAsync(link.User, context);
        try
        {
            await User(link.User).CheckLinkAsync(new MailLink(link.Id, link.Secret));
        }
        catch (LoginEndedException)
        {
            await FailedLinkAsync(attempts);
            throw;
        }
    }

    /// <exception cref="LoginEndedException">The link is none, or no longer.</exception>
    /// <exception cref="SecondFactorThereException"/>
    public Task<SecondFactorOffer> OfferFactorAsync(OpaqueToken link) =>
        User(link.User).OfferFactorAsync(new MailLink(link.Id, link.Secret), RandomNumberGenerator.GetBytes(FactorSecretSize), place.Host);

    /// <exception cref="LoginEndedException">The link is none, or no longer.</exception>
    /// <exception cref="SecondFactorException"/>
    public async Task<MailLoginAnswer> SignInByMailAsync(OpaqueToken link, string code, HttpContext context)
    {
        tokens.RequireKey();
        var attempts = await MayTryAsync(link.User, context);
        var login = Guid.CreateVersion7(clock.GetUtcNow());
        var (refresh, text) = OpaqueToken.Make(OpaqueToken.Refresh, link.User, login);
        MailLoginOpened opened;
        try
        {
            opened = await User(link.User).SignInByMailAsync(new MailSignIn(new MailLink(link.Id, link.Secret), code, login, refresh.Secret, refresh.Family!.Value, OriginOf(context), RandomNumberGenerator.GetBytes(RecoverySeedSize)));
        }
        catch (LoginEndedException)
        {
            await FailedLinkAsync(attempts);
            throw;
        }
        catch (SecondFactorException)
        {
            foreach (var one in attempts)
                await one.FailedAsync();
            await NoteLockAsync(attempts, context);
            throw;
        }
        await SucceededAsync(attempts);
        context.Note("factor", opened.ByRecoveryCode ? "recovery_code" : "authenticator");
        return new MailLoginAnswer(Answer(opened.Login, text), opened.RecoveryCodes, opened.RecoveryCodesLeft);
    }

    /// <summary>
    /// Whoever shows a link that is none knows nothing, and must not lock out the user whose it would be: that counts against the address they
    /// call from, where one is known.
    /// </summary>
    private static Task FailedLinkAsync(IAttemptsGrain[] attempts) => attempts.Length > 1 ? attempts[0].FailedAsync() : Task.CompletedTask;
}
