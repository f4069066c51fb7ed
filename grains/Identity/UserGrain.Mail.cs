using System.Collections.Immutable;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Identity;

/// <summary>Logins of users without a wallet: a link that was mailed, and a second factor.</summary>
public partial class UserGrain
{
    public async Task MakeLinkAsync(MailLink link)
    {
        RequireActive();
        if (State.Status == UserStatus.None || MailAddress.OfUser(self.Key) is null)
            throw UserUnknownException.For(self.Key);
        var links = Links();
        if (links.Any(one => one.Id == link.Link))
            return;
        if (links.Length >= options.MaxMailLinks)
            throw LockedOutException.For($"{links.Length} links are on their way to {self.Key}; use one of them, or wait until they expire.", links.Min(one => one.ExpiresAt) - Now);
        await SaveAsync(State with { MailLinks = links.Add(new MailLinkRecord(link.Link, link.Secret, Now + options.MailLinkLife)) });
    }

    public Task CheckLinkAsync(MailLink link)
    {
        RequireOfferable(link);
        return Task.CompletedTask;
    }

    public async Task<SecondFactorOffer> OfferFactorAsync(MailLink link, ReadOnlyMemory<byte> proposal, string issuer)
    {
        RequireOfferable(link);
        if (proposal.Length != Totp.SecretSize)
            throw new InvalidRequestException($"The secret of an authenticator has {Totp.SecretSize} bytes, not {proposal.Length}.");
        if (State.SecondFactor is null)
            await SaveAsync(State with { SecondFactor = new SecondFactor(proposal.ToArray(), null, null) });
        var secret = State.SecondFactor!.Secret;
        return new SecondFactorOffer(Base32.Encode(secret), Totp.UriOf(issuer, MailAddress.OfUser(self.Key)!.ToString(), secret));
    }

    public async Task<MailLoginOpened> SignInByMailAsync(MailSignIn request)
    {
        RequireSeed(request.RecoverySeed);
        // The links are used up by then; that seed says whether the codes are those of this login.
        if (Opened(request.Login, request.Refresh) is { } before)
            return OpenedBy(request, before, State.SecondFactor?.Recovery?.IsOf(request.RecoverySeed.Span) == true ? [.. RecoveryCodes.Shown(request.RecoverySeed.Span)] : []);
        RequireLink(request.Link);
        var factor = State.SecondFactor ?? throw new SecondFactorException("There is no authenticator yet: set one up with the link first.");
        RefuseTooManyCodes();
        ImmutableArray<string> shown = [];
        if (Totp.FindStep(factor.Secret, request.Code, Now, factor.UsedUpTo) is { } step)
        {
            if (factor.Recovery is null)
            {
                shown = [.. RecoveryCodes.Shown(request.RecoverySeed.Span)];
                factor = factor with { Recovery = await cpu.RunAsync(() => RecoveryCodes.Of(request.RecoverySeed.Span)) };
            }
            factor = factor with { UsedUpTo = step };
        }
        else if (factor.Recovery is { } recovery && await cpu.RunAsync(() => recovery.Use(request.Code)) is { } left)
        {
            factor = factor with { Recovery = left };
        }
        else
        {
            throw await WrongCodeAsync();
        }
        var opened = await OpenAsync(request.Login, request.Refresh, request.Family, request.From, State with { SecondFactor = factor, MailLinks = [], WrongCodes = null });
        return OpenedBy(request, opened, shown);
    }

    public async Task<RecoveryCodeList> RenewRecoveryCodesAsync(Caller caller, RenewRecoveryCodes request)
    {
        RequireSelf(caller);
        RequireActive();
        RequireSeed(request.Seed);
        // A gateway that had no answer asks again with the same seed, and the code is used up by then.
        if (State.SecondFactor?.Recovery?.IsOf(request.Seed.Span) == true)
            return Told();
        RequireFreshLogin(caller, "to make recovery codes");
        if (State.SecondFactor is not { UsedUpTo: not null } factor)
            throw new SecondFactorException($"{self.Key} has no authenticator, and so no recovery codes that could replace it.");
        RefuseTooManyCodes();
        var step = Totp.FindStep(factor.Secret, request.Code, Now, factor.UsedUpTo) ?? throw await WrongCodeAsync();
        var recovery = await cpu.RunAsync(() => RecoveryCodes.Of(request.Seed.Span));
        await SaveAsync(State with { SecondFactor = factor with { UsedUpTo = step, Recovery = recovery }, WrongCodes = null });
        return Told();

        RecoveryCodeList Told() => new([.. RecoveryCodes.Shown(request.Seed.Span)]);
    }

    public Task<int> RecoveryCodesLeftAsync(Caller caller)
    {
        RequireSelf(caller);
        return Task.FromResult(RecoveryCodesLeft);
    }

    public async Task<UserView> ResetFactorAsync(Caller caller)
    {
        RequireAbove(caller);
        await RevokeAllAsync(forGood: true);
        await SaveAsync(State with { SecondFactor = null, MailLinks = [], Logins = [], Tokens = [], WrongCodes = null });
        return View();
    }

    private int RecoveryCodesLeft => State.SecondFactor?.Recovery?.Unused.Count ?? 0;

    private MailLoginOpened OpenedBy(MailSignIn request, LoginOpened opened, ImmutableArray<string> shown) =>
        new(opened, shown) { RecoveryCodesLeft = RecoveryCodesLeft, ByRecoveryCode = RecoveryCodes.IsWritten(request.Code) };

    private static void RequireSeed(ReadOnlyMemory<byte> seed)
    {
        if (seed.Length != RecoveryCodes.SeedSize)
            throw new InvalidRequestException($"Recovery codes are made of {RecoveryCodes.SeedSize} bytes, not {seed.Length}.");
    }

    private async Task<SecondFactorException> WrongCodeAsync()
    {
        await SaveAsync(State with { WrongCodes = new WrongCodes((Wrong()?.Count ?? 0) + 1, Now) });
        return new("That is not the code that the authenticator shows now, or it was used before. Wait for the next one; check the clock of the phone.");
    }

    /// <summary>
    /// Counted where codes are compared, one after the other: what asks before and counts behind lets in as many as come at once. Only whoever has a
    /// link or a login gets here, so that a stranger neither locks the user out nor makes this write.
    /// </summary>
    private void RefuseTooManyCodes()
    {
        if (Wrong() is not { } wrong || wrong.Count < options.MaxFailures)
            return;
        var over = wrong.LastAt + options.LockedFor - Now;
        throw LockedOutException.For($"{wrong.Count} codes were wrong; the next one can be tried in {Math.Ceiling(over.TotalMinutes)} min. Logins that are open go on.", over);
    }

    private WrongCodes? Wrong() => State.WrongCodes is { } wrong && Now - wrong.LastAt < options.LockedFor ? wrong : null;

    private ImmutableArray<MailLinkRecord> Links() => State.MailLinks.RemoveAll(link => link.ExpiresAt <= Now);

    private void RequireOfferable(MailLink link)
    {
        RequireLink(link);
        if (State.SecondFactor is { UsedUpTo: not null })
            throw new SecondFactorThereException($"{self.Key} has an authenticator: sign in with its code. Whoever has lost it asks an administrator for `lucid users reset-factor`.");
    }

    private void RequireLink(MailLink link)
    {
        if (!Links().Any(one => one.Id == link.Link && one.Secret == link.Secret))
            throw new LoginEndedException("That link has expired, was used, or never was. Ask for a new one.");
        // Only now: whoever guesses links is not told why somebody is suspended.
        RequireActive();
    }
}
