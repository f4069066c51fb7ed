using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Identity;

namespace Lucid.Grains.Tests.Identity;

/// <summary>Users without a wallet: links, authenticators, recovery codes.</summary>
public sealed class MailLoginTests
{
    private const string Ada = "mail:ada@example.org";
    private static readonly byte[] _secret = [.. Enumerable.Range(0, Totp.SecretSize).Select(i => (byte)i)];

    private readonly IdentityWorld _world = new();
    private int _made;

    [Fact]
    public void Link_AndCode_OpenALogin_AndTheFirstTellsRecoveryCodes() => _world.Run(async () =>
    {
        await AdmitAsync();
        var link = await LinkAsync();
        var offer = await User.OfferFactorAsync(link, _secret, "lucid.example");
        Assert.Equal(Base32.Encode(_secret), offer.Secret);
        Assert.StartsWith("otpauth://totp/lucid.example:ada%40example.org?secret=", offer.Uri, StringComparison.Ordinal);
        // The same until a code has come, whatever is proposed: nobody scans a code that is worthless the next moment.
        Assert.Equal(offer, await User.OfferFactorAsync(link, new byte[Totp.SecretSize], "lucid.example"));

        var opened = await SignInAsync(link, Code());
        Assert.Equal((Ada, Role.Admin), (opened.Login.User, opened.Login.Role));
        Assert.Equal(RecoveryCodes.Count, opened.RecoveryCodes.Length);
        Assert.Single((await User.LoginsAsync(IdentityWorld.As(Ada))).Logins);

        await _world.RestartAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        link = await LinkAsync();
        await Assert.ThrowsAsync<SecondFactorThereException>(() => User.OfferFactorAsync(link, _secret, "lucid.example"));
        Assert.Empty((await SignInAsync(link, Code())).RecoveryCodes);
    });

    [Fact]
    public void Link_IsGoodOnce_AndForAWhile_AndForItsUser() => _world.Run(async () =>
    {
        await AdmitAsync();
        var (first, second) = (await LinkAsync(), await LinkAsync());
        await Assert.ThrowsAsync<LoginEndedException>(() => User.OfferFactorAsync(first with { Secret = Hash256.Zero }, _secret, "lucid.example"));
        await Assert.ThrowsAsync<LoginEndedException>(() => User.OfferFactorAsync(first with { Link = Guid.Empty }, _secret, "lucid.example"));
        await Assert.ThrowsAsync<SecondFactorException>(() => SignInAsync(first, Code()));
        await User.OfferFactorAsync(first, _secret, "lucid.example");
        await SignInAsync(first, Code());
        // Those that were on their way go with it.
        await Assert.ThrowsAsync<LoginEndedException>(() => SignInAsync(first, Code()));
        await Assert.ThrowsAsync<LoginEndedException>(() => SignInAsync(second, Code()));

        var late = await LinkAsync();
        await _world.DelayAsync(_world.Options.MailLinkLife);
        await Assert.ThrowsAsync<LoginEndedException>(() => SignInAsync(late, Code()));
    });

    [Fact]
    public void SignIn_AskedTwiceByAGateway_AnswersTheSame_WithTheSameRecoveryCodes() => _world.Run(async () =>
    {
        await AdmitAsync();
        var link = await LinkAsync();
        await User.OfferFactorAsync(link, _secret, "lucid.example");
        var request = Request(link, Code());
        var first = await User.SignInByMailAsync(request);
        var second = await User.SignInByMailAsync(request);
        Assert.Equal(first.Login, second.Login);
        Assert.Equal(RecoveryCodes.Count, first.RecoveryCodes.Length);
        Assert.Equal(first.RecoveryCodes, second.RecoveryCodes);
        Assert.Single((await User.LoginsAsync(IdentityWorld.As(Ada))).Logins);
        await Assert.ThrowsAsync<LoginEndedException>(() => User.SignInByMailAsync(request with { Refresh = IdentityWorld.Secret("another") }));

        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        var later = Request(await LinkAsync(), Code());
        Assert.Empty((await User.SignInByMailAsync(later)).RecoveryCodes);
        Assert.Empty((await User.SignInByMailAsync(later)).RecoveryCodes);
        await SignInAsync(await LinkAsync(), first.RecoveryCodes[3]);
    });

    [Fact]
    public void Link_AskedForTwiceByAGateway_IsOne() => _world.Run(async () =>
    {
        await AdmitAsync();
        var link = await LinkAsync();
        for (var i = 0; i < _world.Options.MaxMailLinks; i++)
            await User.MakeLinkAsync(link);
        await LinkAsync();
    });

    [Fact]
    public void Links_OnTheirWay_AreFew() => _world.Run(async () =>
    {
        await AdmitAsync();
        for (var i = 0; i < _world.Options.MaxMailLinks; i++)
            await LinkAsync();
        var locked = await Assert.ThrowsAsync<LockedOutException>(LinkAsync);
        Assert.Equal(_world.Options.MailLinkLife, locked.RetryAfter);
        await _world.DelayAsync(locked.RetryAfter);
        await LinkAsync();
    });

    [Fact]
    public void Code_Wrong_OrUsed_IsRefused_AndTheLinkStays() => _world.Run(async () =>
    {
        await EnrolledAsync();
        var link = await LinkAsync();
        // The one that enrolled, again.
        await Assert.ThrowsAsync<SecondFactorException>(() => SignInAsync(link, Code()));
        await Assert.ThrowsAsync<SecondFactorException>(() => SignInAsync(link, ""));
        await Assert.ThrowsAsync<SecondFactorException>(() => SignInAsync(link, "abcdef"));
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        await SignInAsync(link, Code());
    });

    [Fact]
    public void Codes_ThatAreWrong_AreCountedHere_HoweverManyAreTriedAtOnce() => _world.Run(async () =>
    {
        await EnrolledAsync();
        var link = await LinkAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        var tried = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                await SignInAsync(link, "abcdef");
                return null;
            }
            catch (GrainException refused)
            {
                return refused.GetType();
            }
        }));
        Assert.Equal(_world.Options.MaxFailures, tried.Count(one => one == typeof(SecondFactorException)));
        Assert.Equal(20 - _world.Options.MaxFailures, tried.Count(one => one == typeof(LockedOutException)));
        await _world.RestartAsync();
        var locked = await Assert.ThrowsAsync<LockedOutException>(() => SignInAsync(link, Code()));
        Assert.Equal(_world.Options.LockedFor, locked.RetryAfter);
        // Whoever has no link hears nothing of it.
        await Assert.ThrowsAsync<LoginEndedException>(() => SignInAsync(link with { Secret = Hash256.Zero }, Code()));
        await _world.DelayAsync(_world.Options.LockedFor);
        await SignInAsync(await LinkAsync(), Code());
    });

    [Fact]
    public void Codes_ThatAreWrong_AreForgottenByARightOne() => _world.Run(async () =>
    {
        await EnrolledAsync();
        for (var round = 0; round < 3; round++)
        {
            await _world.DelayAsync(TimeSpan.FromMinutes(1));
            var link = await LinkAsync();
            for (var i = 0; i < _world.Options.MaxFailures - 1; i++)
                await Assert.ThrowsAsync<SecondFactorException>(() => SignInAsync(link, "abcdef"));
            await SignInAsync(link, Code());
        }
    });

    [Fact]
    public void RecoveryCode_ReplacesTheAuthenticatorOnce() => _world.Run(async () =>
    {
        var codes = await EnrolledAsync();
        await SignInAsync(await LinkAsync(), codes[0].ToLowerInvariant());
        var link = await LinkAsync();
        await Assert.ThrowsAsync<SecondFactorException>(() => SignInAsync(link, codes[0]));
        await SignInAsync(link, codes[9]);
    });

    [Fact]
    public void RecoveryCodes_AreCounted_WhicheverFactorCame() => _world.Run(async () =>
    {
        var codes = await EnrolledAsync();
        Assert.Equal(RecoveryCodes.Count, await User.RecoveryCodesLeftAsync(IdentityWorld.As(Ada)));
        var request = Request(await LinkAsync(), codes[0]);
        foreach (var opened in (MailLoginOpened[])[await User.SignInByMailAsync(request), await User.SignInByMailAsync(request)])
            Assert.Equal((RecoveryCodes.Count - 1, true), (opened.RecoveryCodesLeft, opened.ByRecoveryCode));
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        var byCode = await SignInAsync(await LinkAsync(), Code());
        Assert.Equal((RecoveryCodes.Count - 1, false), (byCode.RecoveryCodesLeft, byCode.ByRecoveryCode));
        // Nobody else is told, an administrator neither.
        await Assert.ThrowsAsync<UserUnknownException>(() => User.RecoveryCodesLeftAsync(IdentityWorld.Super));
        await _world.User().AdmitAsync(IdentityWorld.Super, Role.User);
        Assert.Equal(0, await _world.User().RecoveryCodesLeftAsync(IdentityWorld.As(IdentityWorld.Ada)));
    });

    [Fact]
    public void RecoveryCodes_AreMadeAnew_WithACodeOfTheAuthenticator_AndThoseOfBeforeAreWorthless() => _world.Run(async () =>
    {
        var lost = await EnrolledAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        var ada = await SignedInAsync();
        var renewal = Renewal();
        // The code that signed in is used up.
        await Assert.ThrowsAsync<SecondFactorException>(() => User.RenewRecoveryCodesAsync(ada, renewal));
        await _world.DelayAsync(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAsync<SecondFactorException>(() => User.RenewRecoveryCodesAsync(ada, renewal with { Code = lost[0] }));
        renewal = renewal with { Code = Code() };
        var made = (await User.RenewRecoveryCodesAsync(ada, renewal)).RecoveryCodes;
        Assert.Equal(RecoveryCodes.Count, made.Except(lost).Count());
        // By a gateway that had no answer.
        Assert.Equal(made, (await User.RenewRecoveryCodesAsync(ada, renewal)).RecoveryCodes);
        await Assert.ThrowsAsync<SecondFactorException>(() => User.RenewRecoveryCodesAsync(ada, renewal with { Seed = Renewal().Seed }));

        var link = await LinkAsync();
        await Assert.ThrowsAsync<SecondFactorException>(() => SignInAsync(link, lost[1]));
        await SignInAsync(link, made[1]);
        Assert.Equal(RecoveryCodes.Count - 1, await User.RecoveryCodesLeftAsync(ada));
    });

    [Fact]
    public void RecoveryCodes_AreMadeAnew_ByAFreshLoginOfWhoeverHasAnAuthenticator_AndByNothingElse() => _world.Run(async () =>
    {
        await EnrolledAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        var ada = await SignedInAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<UserUnknownException>(() => User.RenewRecoveryCodesAsync(IdentityWorld.Super, Renewal()));
        await Assert.ThrowsAsync<InvalidRequestException>(() => User.RenewRecoveryCodesAsync(ada, Renewal() with { Seed = new byte[31] }));
        await Assert.ThrowsAsync<AccessDeniedException>(() => User.RenewRecoveryCodesAsync(ada with { Login = null }, Renewal()));
        await _world.DelayAsync(_world.Options.FreshLogin);
        var old = await Assert.ThrowsAsync<AccessDeniedException>(() => User.RenewRecoveryCodesAsync(ada, Renewal()));
        Assert.StartsWith("Sign in again to make recovery codes", old.Message, StringComparison.Ordinal);

        var bob = IdentityWorld.As(IdentityWorld.Ada) with { Login = (await _world.User().SignInAsync(_world.Proof())).Login };
        var none = await Assert.ThrowsAsync<SecondFactorException>(() => _world.User().RenewRecoveryCodesAsync(bob, Renewal()));
        Assert.Contains("no authenticator", none.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void RecoveryCodes_WithCodesThatAreWrong_LockOut_AsLoginsDo() => _world.Run(async () =>
    {
        await EnrolledAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        var ada = await SignedInAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        for (var i = 0; i < _world.Options.MaxFailures; i++)
            await Assert.ThrowsAsync<SecondFactorException>(() => User.RenewRecoveryCodesAsync(ada, Renewal() with { Code = "abcdef" }));
        await Assert.ThrowsAsync<LockedOutException>(() => User.RenewRecoveryCodesAsync(ada, Renewal()));
        var link = await LinkAsync();
        await Assert.ThrowsAsync<LockedOutException>(() => SignInAsync(link, Code()));
        await User.SuspendAsync(IdentityWorld.Super, "gone");
        await Assert.ThrowsAsync<UserSuspendedException>(() => User.RenewRecoveryCodesAsync(ada, Renewal()));
    });

    [Fact]
    public void Link_OfBeforeASuspension_IsNoneAfterIt() => _world.Run(async () =>
    {
        await EnrolledAsync();
        await _world.DelayAsync(TimeSpan.FromMinutes(1));
        var link = await LinkAsync();
        await User.SuspendAsync(IdentityWorld.Super, "the mailbox was read");
        await User.ActivateAsync(IdentityWorld.Super);
        await Assert.ThrowsAsync<LoginEndedException>(() => SignInAsync(link, Code()));
        await SignInAsync(await LinkAsync(), Code());
    });

    [Fact]
    public void Reset_TakesFactorLinksLoginsAndTokens_FromWhoeverIsNotAbove() => _world.Run(async () =>
    {
        var codes = await EnrolledAsync();
        var link = await LinkAsync();
        await Assert.ThrowsAsync<AccessDeniedException>(() => User.ResetFactorAsync(IdentityWorld.As(Ada, Role.Admin)));
        await Assert.ThrowsAsync<UserUnknownException>(() => User.ResetFactorAsync(IdentityWorld.As("TBob")));
        var login = Assert.Single((await User.LoginsAsync(IdentityWorld.As(Ada))).Logins).LoginId;
        var token = new MakeProgramToken(Guid.NewGuid(), IdentityWorld.Secret("token"), "a program", TimeSpan.FromDays(30), null);
        await User.MakeTokenAsync(IdentityWorld.As(Ada) with { Login = login }, token);
        await User.ResetFactorAsync(IdentityWorld.Super);
        await Assert.ThrowsAsync<LoginEndedException>(() => User.OfTokenAsync(token.Token, token.Secret));
        Assert.Empty((await User.LoginsAsync(IdentityWorld.Super)).Logins);
        await Assert.ThrowsAsync<LoginEndedException>(() => SignInAsync(link, codes[0]));

        var other = _secret.Reverse().ToArray();
        var next = await LinkAsync();
        Assert.Equal(Base32.Encode(other), (await User.OfferFactorAsync(next, other, "lucid.example")).Secret);
        await Assert.ThrowsAsync<SecondFactorException>(() => SignInAsync(next, codes[0]));
        Assert.NotEmpty((await SignInAsync(next, Totp.CodeAt(other, Totp.StepAt(_world.Now)))).RecoveryCodes);
    });

    [Fact]
    public void Nobody_ElseGetsALink() => _world.Run(async () =>
    {
        await Assert.ThrowsAsync<UserUnknownException>(LinkAsync);
        await _world.User().AdmitAsync(IdentityWorld.Admin, Role.User);
        await Assert.ThrowsAsync<UserUnknownException>(() => _world.User().MakeLinkAsync(Link()));
        await AdmitAsync();
        var link = await LinkAsync();
        await User.SuspendAsync(IdentityWorld.Super, "gone");
        await Assert.ThrowsAsync<UserSuspendedException>(LinkAsync);
        var guessed = link with { Secret = Hash256.Zero };
        await Assert.ThrowsAsync<LoginEndedException>(() => User.OfferFactorAsync(guessed, _secret, "lucid.example"));
        await Assert.ThrowsAsync<LoginEndedException>(() => SignInAsync(guessed, Code()));
        await Assert.ThrowsAsync<UserSuspendedException>(() => User.OfferFactorAsync(link, _secret, "lucid.example"));
        await Assert.ThrowsAsync<UserSuspendedException>(() => SignInAsync(link, Code()));
    });

    private IUserGrain User => _world.User(Ada);

    private Task<UserView> AdmitAsync() => User.AdmitAsync(IdentityWorld.Super, Role.Admin);

    private MailLink Link()
    {
        _made++;
        return new MailLink(new Guid(_made, 1, 0, new byte[8]), IdentityWorld.Secret($"link {_made}"));
    }

    private async Task<MailLink> LinkAsync()
    {
        var link = Link();
        await User.MakeLinkAsync(link);
        return link;
    }

    private async Task<IReadOnlyList<string>> EnrolledAsync()
    {
        await AdmitAsync();
        var link = await LinkAsync();
        await User.OfferFactorAsync(link, _secret, "lucid.example");
        return (await SignInAsync(link, Code())).RecoveryCodes;
    }

    private async Task<Caller> SignedInAsync() => IdentityWorld.As(Ada) with { Login = (await SignInAsync(await LinkAsync(), Code())).Login.Login };

    private RenewRecoveryCodes Renewal()
    {
        _made++;
        return new RenewRecoveryCodes(Code(), IdentityWorld.Secret($"seed {_made}").ToArray());
    }

    private string Code() => Totp.CodeAt(_secret, Totp.StepAt(_world.Now));

    private Task<MailLoginOpened> SignInAsync(MailLink link, string code) => User.SignInByMailAsync(Request(link, code));

    private MailSignIn Request(MailLink link, string code)
    {
        _made++;
        return new MailSignIn(link, code, new Guid(_made, 2, 0, new byte[8]), IdentityWorld.Secret($"refresh {_made}"), IdentityWorld.Secret("family"), new LoginOrigin("a browser", "192.0.2.1"), IdentityWorld.Secret($"seed {_made}").ToArray());
    }
}
