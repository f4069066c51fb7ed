using Lucid.Cli.Output;

namespace Lucid.Cli.Logins;

/// <summary>Signs somebody in without a wallet: by the link in a mail, and the code of an authenticator, which the first time sets one up.</summary>
internal sealed class MailLogin(Surroundings surroundings, AuthClient auth)
{
    private const string HasFactor = "LUCID_ERR_2026";

    // So few that somebody should think of others.
    private const int Few = 3;

    /// <param name="email">To whom the link is mailed; null where it is there.</param>
    public async Task<LoginAnswer> SignInAsync(string? email, string? link, CancellationToken cancellation)
    {
        using var input = new InputLines(surroundings);
        if (link is null)
        {
            await auth.AskForLinkAsync(email!, cancellation);
            surroundings.Note($"If {email} is a user there, a mail is on its way. Enter the link from it (what stands behind --link):");
            link = await input.ReadAsync("link", cancellation);
        }
        if (await OfferAsync(link, cancellation) is { } offer)
            surroundings.Note($"Enter this secret in an authenticator app, or make a QR code of the line below it; it is shown until its first code has come:\n{offer.Secret}\n{offer.Uri}");
        surroundings.Note("Enter the six digits that the authenticator shows, or a recovery code:");
        var answer = await auth.SignInByMailAsync(new MailLoginRequest(link, await input.ReadAsync("code", cancellation)), cancellation);
        if (answer.RecoveryCodes.Length > 0)
            surroundings.Note($"Each of these replaces the authenticator once, should it be lost. They are shown this once; keep them elsewhere:\n{string.Join('\n', answer.RecoveryCodes)}");
        else if (answer.RecoveryCodesLeft <= Few)
            surroundings.Note($"{Plain.Count(answer.RecoveryCodesLeft.Value, "recovery code")} left. To make others: lucid login recovery-codes, with the same --url");
        return answer.Login;
    }

    private async Task<FactorOffer?> OfferAsync(string link, CancellationToken cancellation)
    {
        try
        {
            return await auth.OfferFactorAsync(link, cancellation);
        }
        catch (RefusedException e) when (e.Code == HasFactor)
        {
            return null;
        }
    }
}
