using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Identity;

public sealed class UserTests
{
    private readonly IdentityWorld _world = new();

    [Fact]
    public void Admit_MakesAUser_AndTheListKnowsThem() => _world.Run(async () =>
    {
        var view = await _world.User().AdmitAsync(IdentityWorld.Admin, Role.User);
        Assert.Equal((IdentityWorld.Ada, Role.User, UserStatus.Active), (view.UserId, view.Role, view.Status));
        Assert.Equal(view, _world.Directory.Rows[IdentityWorld.Ada]);
        Assert.Equal(view, await _world.User().AdmitAsync(IdentityWorld.Admin, Role.User));
    });

    [Fact]
    public void User_WhomACrashKeptOffTheList_IsListedByTheNextTry() => _world.Run(async () =>
    {
        await SavedOnlyAsync(() => _world.User().AdmitAsync(IdentityWorld.Admin, Role.User));
        Assert.Empty(_world.Directory.Rows);
        var view = await _world.User().AdmitAsync(IdentityWorld.Admin, Role.User);
        Assert.Equal(view, _world.Directory.Rows[IdentityWorld.Ada]);

        var change = new UserChange("Ada", null);
        await SavedOnlyAsync(() => _world.User().UpdateAsync(IdentityWorld.As(IdentityWorld.Ada), change));
        await _world.User().UpdateAsync(IdentityWorld.As(IdentityWorld.Ada), change);
        Assert.Equal("Ada", _world.Directory.Rows[IdentityWorld.Ada].Name);

        await _world.User().SuspendAsync(IdentityWorld.Admin, "gone");
        await SavedOnlyAsync(() => _world.User().ActivateAsync(IdentityWorld.Admin));
        await _world.User().ActivateAsync(IdentityWorld.Admin);
        Assert.Equal(UserStatus.Active, _world.Directory.Rows[IdentityWorld.Ada].Status);

        async Task SavedOnlyAsync(Func<Task> call)
        {
            _world.Directory.IsAway = true;
            await Assert.ThrowsAnyAsync<Exception>(call);
            _world.Directory.IsAway = false;
        }
    });

    [Fact]
    public void Roles_AreAssignedByThoseWhoMay() => _world.Run(async () =>
    {
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.User().AdmitAsync(IdentityWorld.As("TBob"), Role.User));
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.User().AdmitAsync(IdentityWorld.As("TBob", Role.NodeOperator), Role.User));
        await _world.User().AdmitAsync(IdentityWorld.Admin, Role.User);
        foreach (var role in (Role[])[Role.NodeOperator, Role.Admin, Role.SuperAdmin])
            await Assert.ThrowsAsync<AccessDeniedException>(() => _world.User().AdmitAsync(IdentityWorld.Admin, role));
        Assert.Equal(Role.Admin, (await _world.User().AdmitAsync(IdentityWorld.Super, Role.Admin)).Role);
        // Nor taken away.
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.User().AdmitAsync(IdentityWorld.Admin, Role.User));
        Assert.Equal(Role.User, (await _world.User().AdmitAsync(IdentityWorld.Super, Role.User)).Role);
    });

    [Fact]
    public void Role_Lowered_EndsTheLogins_SoThatNoTokenSaysTheOldOne_AndRaised_LetsThemGoOn() => _world.Run(async () =>
    {
        await _world.User().AdmitAsync(IdentityWorld.Super, Role.User);
        var login = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        await _world.User().AdmitAsync(IdentityWorld.Super, Role.Admin);
        Assert.Equal(Role.Admin, (await ExchangeAsync(login, "1", "2")).Role);
        Assert.DoesNotContain((await _world.Issuer.NewsAsync(0)).Revocations, one => one.LoginSession == login);
        // By its login session, whatever the clock said of the gateway that issued it.
        await _world.User().AdmitAsync(IdentityWorld.Super, Role.User);
        Assert.Contains((await _world.Issuer.NewsAsync(0)).Revocations, one => one.LoginSession == login);
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(login, "2", "3"));
        Assert.Equal(Role.User, (await _world.User().SignInAsync(_world.Proof())).Role);
    });

    [Fact]
    public void User_IsSeenByThemselves_AndByAdministrators_AndByNobodyElse() => _world.Run(async () =>
    {
        await _world.User().AdmitAsync(IdentityWorld.Admin, Role.User);
        await _world.User().GetAsync(IdentityWorld.As(IdentityWorld.Ada));
        await _world.User().GetAsync(IdentityWorld.Admin);
        await Assert.ThrowsAsync<UserUnknownException>(() => _world.User().GetAsync(IdentityWorld.As("TBob", Role.NodeOperator)));
        await Assert.ThrowsAsync<UserUnknownException>(() => _world.User().GetAsync(IdentityWorld.As(IdentityWorld.Ada) with { OnlySession = Guid.NewGuid() }));
        await Assert.ThrowsAsync<UserUnknownException>(() => _world.User("TBob").GetAsync(IdentityWorld.As("TBob")));
        await Assert.ThrowsAsync<UserUnknownException>(() => _world.User().LoginsAsync(IdentityWorld.As("TBob")));
        // An administrator looks, and does not end logins.
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.User().EndLoginsAsync(IdentityWorld.Admin));
        await _world.User().EndLoginsAsync(IdentityWorld.Super);
        await Assert.ThrowsAsync<UserUnknownException>(() => _world.User().TokensAsync(IdentityWorld.Super));
    });

    [Fact]
    public void Update_ChangesWhatIsGiven_AndRefusesWhatIsTooLong() => _world.Run(async () =>
    {
        await _world.User().AdmitAsync(IdentityWorld.Admin, Role.User);
        var ada = IdentityWorld.As(IdentityWorld.Ada);
        Assert.Equal("Ada", (await _world.User().UpdateAsync(ada, new UserChange("Ada", "ada@example.org"))).Name);
        var view = await _world.User().UpdateAsync(ada, new UserChange("", null));
        Assert.Equal((null, "ada@example.org"), (view.Name, view.Email));
        await RefusedAsync(new UserChange(new string('x', 101), null), "name");
        await RefusedAsync(new UserChange("a\nb", null), "name");
        await RefusedAsync(new UserChange(null, new string('x', 250) + "@x.org"), "email");
        await RefusedAsync(new UserChange(null, "nobody"), "nobody");

        async Task RefusedAsync(UserChange change, string named) =>
            Assert.Contains(named, (await Assert.ThrowsAsync<InvalidRequestException>(() => _world.User().UpdateAsync(ada, change))).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Update_BySomebodyElse_TakesAnAdministrator_AndNoneBelow() => _world.Run(async () =>
    {
        await _world.User().AdmitAsync(Caller.Lucid, Role.SuperAdmin);
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.User().UpdateAsync(IdentityWorld.Admin, new UserChange("Ada", null)));
        Assert.Equal("Ada", (await _world.User().UpdateAsync(IdentityWorld.Super, new UserChange("Ada", null))).Name);
        await _world.User("TBob").AdmitAsync(IdentityWorld.Admin, Role.User);
        Assert.Equal("Bob", (await _world.User("TBob").UpdateAsync(IdentityWorld.Admin, new UserChange("Bob", null))).Name);
        await Assert.ThrowsAsync<UserUnknownException>(() => _world.User("TBob").UpdateAsync(IdentityWorld.As(IdentityWorld.Ada), new UserChange("Eve", null)));
    });

    [Fact]
    public void SignIn_OfAStranger_IsForWhereStrangersAreAllowed() => _world.Run(async () =>
    {
        await Assert.ThrowsAsync<UserUnknownException>(() => _world.User().SignInAsync(_world.Proof(strangers: false)));
        Assert.Empty(_world.Directory.Rows);
        var opened = await _world.User().SignInAsync(_world.Proof(strangers: true));
        Assert.Equal((IdentityWorld.Ada, Role.User), (opened.User, opened.Role));
        await _world.User().SignInAsync(_world.Proof(strangers: false));
        await _world.User("TBob").AdmitAsync(IdentityWorld.Admin, Role.User);
        await _world.User("TBob").SignInAsync(_world.Proof(strangers: false));
    });

    [Fact]
    public void Proof_IsUsedOnce_ByWhomeverIsFaster() => _world.Run(async () =>
    {
        var proof = _world.Proof("the nonce");
        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(async i =>
        {
            try
            {
                await _world.User().SignInAsync(proof with { Login = new Guid(100 + i, 0, 0, new byte[8]) });
                return 1;
            }
            catch (ProofRepeatedException)
            {
                return 0;
            }
        }));
        Assert.Equal(1, both.Sum());
        await _world.RestartAsync();
        await Assert.ThrowsAsync<ProofRepeatedException>(() => _world.User().SignInAsync(proof with { Login = new Guid(199, 0, 0, new byte[8]) }));
        // A door whose clock is behind takes it for a little longer.
        await _world.DelayAsync(TimeSpan.FromMinutes(5) + Revocation.ClockSkew);
        await Assert.ThrowsAsync<ProofRepeatedException>(() => _world.User().SignInAsync(proof with { Login = new Guid(198, 0, 0, new byte[8]) }));
        // By then every door refuses it itself, so it need not be remembered.
        await _world.DelayAsync(Revocation.ClockSkew);
        await _world.User().SignInAsync(proof with { Login = new Guid(200, 0, 0, new byte[8]) });
    });

    [Fact]
    public void Refresh_GivesTheNextOne_AndAnExchangedOneEndsTheLogin() => _world.Run(async () =>
    {
        var login = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        await ExchangeAsync(login, "1", "2");
        await ExchangeAsync(login, "2", "3");
        // Nobody has had this one, so nobody was robbed.
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(login, "a guess", "4", "another family"));
        await ExchangeAsync(login, "3", "4");
        // One that expired is another thing than one that was stolen; which of the two it was, the message does not say.
        var stolen = await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(login, "2", "5"));
        Assert.True(stolen.IsReuse);
        var ended = await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(login, "4", "5"));
        Assert.False(ended.IsReuse);
        Assert.Equal(stolen.Message, ended.Message);
        Assert.Empty((await _world.User().LoginsAsync(IdentityWorld.As(IdentityWorld.Ada))).Logins);
    });

    [Fact]
    public void Refresh_OfOneThatWasExchangedLongAgo_EndsTheLogin_HoweverOftenTheThiefHasExchangedSince() => _world.Run(async () =>
    {
        var login = (await _world.User().SignInAsync(_world.Proof(refresh: "0"))).Login;
        for (var i = 0; i < 100; i++)
            await ExchangeAsync(login, $"{i}", $"{i + 1}");
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(login, "0", "the owner's"));
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(login, "100", "101"));
        Assert.Equal(login, Assert.Single((await _world.Issuer.NewsAsync(0)).Revocations).LoginSession);
    });

    [Fact]
    public void Refresh_TwiceAtOnce_GivesOneOfThemTheNext_AndEndsTheLogin() => _world.Run(async () =>
    {
        var login = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        var gained = await Task.WhenAll(((string[])["2", "3"]).Select(async next =>
        {
            try
            {
                await ExchangeAsync(login, "1", next);
                return next;
            }
            catch (LoginEndedException)
            {
                return null;
            }
        }));
        var winner = Assert.Single(gained, next => next is not null);
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(login, winner!, "4"));
    });

    [Fact]
    public void Refresh_AskedTwiceByAGateway_AnswersTheSame_AndTheLoginGoesOn() => _world.Run(async () =>
    {
        var login = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        var first = await ExchangeAsync(login, "1", "2");
        Assert.Equal(first, await ExchangeAsync(login, "1", "2"));
        await ExchangeAsync(login, "2", "3");
    });

    [Fact]
    public void SignIn_AskedTwiceByAGateway_AnswersTheSame_AndOpensOne() => _world.Run(async () =>
    {
        var proof = _world.Proof();
        var first = await _world.User().SignInAsync(proof);
        Assert.Equal(first, await _world.User().SignInAsync(proof));
        Assert.Single((await _world.User().LoginsAsync(IdentityWorld.As(IdentityWorld.Ada))).Logins);
        await Assert.ThrowsAsync<ProofRepeatedException>(() => _world.User().SignInAsync(proof with { Refresh = IdentityWorld.Secret("another") }));
    });

    [Fact]
    public void Refresh_TellsFromWhereALoginWasUsedLast() => _world.Run(async () =>
    {
        var login = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        Assert.Equal(("a browser", "192.0.2.1", "a browser", "192.0.2.1"), await PlacesAsync());
        await _world.User().RefreshAsync(Exchange(login, "1", "2") with { From = new LoginOrigin("curl", "198.51.100.7") });
        Assert.Equal(("a browser", "192.0.2.1", "curl", "198.51.100.7"), await PlacesAsync());
        // By a gateway of before, which does not tell.
        await ExchangeAsync(login, "2", "3");
        Assert.Equal(("a browser", "192.0.2.1", "curl", "198.51.100.7"), await PlacesAsync());

        async Task<(string, string, string?, string?)> PlacesAsync()
        {
            var view = Assert.Single((await _world.User().LoginsAsync(IdentityWorld.As(IdentityWorld.Ada))).Logins);
            return (view.Client, view.Address, view.LastClient, view.LastAddress);
        }
    });

    [Fact]
    public void Login_IsIdleFromWhenItsAccessTokenHasExpired_SoThatNobodyIsOutSoonerAfterTheirLastUse() => _world.Run(async () =>
    {
        var login = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        // Used at the 14th minute with the token of the sign-in, which no grain sees, and then not for 30 minutes.
        await _world.DelayAsync(TimeSpan.FromMinutes(14 + 30));
        await ExchangeAsync(login, "1", "2");
        await _world.DelayAsync(TimeSpan.FromMinutes(45));
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(login, "2", "3"));
    });

    /// <summary>A silo is not told how long the tokens of each gateway live.</summary>
    [Fact]
    public void EndLogins_RevokesUntilTheLongestLivedTokenHasExpired() => _world.Run(async () =>
    {
        await _world.User().SignInAsync(_world.Proof());
        await _world.DelayAsync(Revocation.MaxTokenLife + _world.Options.Idle - TimeSpan.FromMinutes(1));
        // Where one is opened, those that have ended are forgotten.
        await _world.User().SignInAsync(_world.Proof());
        await _world.User().EndLoginsAsync(IdentityWorld.As(IdentityWorld.Ada));
        var revoked = (await _world.Issuer.NewsAsync(0)).Revocations;
        Assert.Equal(2, revoked.Length);
        Assert.All(revoked, one => Assert.Equal(_world.Now + Revocation.MaxTokenLife, one.Until));
    });

    [Fact]
    public void Login_ThatIsIdle_Ends_AndOneInUseGoesOnForAWeekAtATime() => _world.Run(async () =>
    {
        var idle = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        var used = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        for (var i = 1; i <= 3; i++)
        {
            await _world.DelayAsync(TimeSpan.FromMinutes(44));
            await ExchangeAsync(used, $"{i}", $"{i + 1}");
        }
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(idle, "1", "2"));
        Assert.Equal(used, Assert.Single((await _world.User().LoginsAsync(IdentityWorld.As(IdentityWorld.Ada))).Logins).LoginId);
        await _world.DelayAsync(TimeSpan.FromMinutes(45));
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(used, "4", "5"));
    });

    [Fact]
    public void Logins_BeyondTheMost_EndTheOneThatWasUsedLongestAgo() => _world.Run(async () =>
    {
        var logins = new List<Guid>();
        for (var i = 0; i < _world.Options.MaxLogins; i++)
        {
            logins.Add((await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login);
            await _world.DelayAsync(TimeSpan.FromSeconds(1));
        }
        await ExchangeAsync(logins[0], "1", "2");
        var sixth = (await _world.User().SignInAsync(_world.Proof())).Login;
        var open = (await _world.User().LoginsAsync(IdentityWorld.As(IdentityWorld.Ada))).Logins.Select(login => login.LoginId).ToHashSet();
        Assert.Equal([.. logins.Where(login => login != logins[1]), sixth], open);
    });

    [Fact]
    public void Logout_EndsOne_OrAll() => _world.Run(async () =>
    {
        var ada = IdentityWorld.As(IdentityWorld.Ada);
        var one = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        var two = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        // Of somebody else: not even the issuer hears of it.
        Assert.Equal(2, (await _world.User().EndLoginAsync(ada, Guid.NewGuid())).Logins.Length);
        Assert.Empty((await _world.Issuer.NewsAsync(0)).Revocations);
        Assert.Equal(two, Assert.Single((await _world.User().EndLoginAsync(ada, one)).Logins).LoginId);
        Assert.Single((await _world.Issuer.NewsAsync(0)).Revocations);
        Assert.Single((await _world.User().EndLoginAsync(ada, one)).Logins);
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(one, "1", "2"));
        Assert.Empty((await _world.User().EndLoginsAsync(ada)).Logins);
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(two, "1", "2"));
    });

    [Fact]
    public void EndLogin_OfAnother_RevokesNothing_AndTheirLoginGoesOn() => _world.Run(async () =>
    {
        var hers = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        await _world.User("TBob").SignInAsync(_world.Proof());
        await _world.User("TBob").EndLoginAsync(IdentityWorld.As("TBob"), hers);
        await _world.User("TBob").EndLoginAsync(IdentityWorld.As("TBob"), Guid.NewGuid());
        Assert.Empty((await _world.Issuer.NewsAsync(0)).Revocations);
        await ExchangeAsync(hers, "1", "2");
    });

    [Fact]
    public void EndLogin_OfTheOneWhoseTokenIsShown_RevokesIt_ThoughItIsKnownNoMore() => _world.Run(async () =>
    {
        var gone = (await _world.User().SignInAsync(_world.Proof())).Login;
        await _world.DelayAsync(Revocation.MaxTokenLife + _world.Options.Idle);
        await _world.User().SignInAsync(_world.Proof());
        await _world.User().EndLoginAsync(IdentityWorld.As(IdentityWorld.Ada) with { Login = gone }, gone);
        Assert.Equal(gone, Assert.Single((await _world.Issuer.NewsAsync(0)).Revocations).LoginSession);
    });

    [Fact]
    public void Suspended_IsOut_UntilActivated() => _world.Run(async () =>
    {
        var login = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        var token = await MakeTokenAsync(TimeSpan.FromDays(1));
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.User().SuspendAsync(IdentityWorld.As(IdentityWorld.Ada, Role.Admin), "by themselves"));
        var view = await _world.User().SuspendAsync(IdentityWorld.Admin, "left the company");
        Assert.Equal((UserStatus.Suspended, "left the company"), (view.Status, view.Reason));
        foreach (var call in (Func<Task>[])[() => _world.User().SignInAsync(_world.Proof()), () => ExchangeAsync(login, "1", "2"), () => _world.User().OfTokenAsync(token, IdentityWorld.Secret("token"))])
            Assert.Contains("left the company", (await Assert.ThrowsAsync<UserSuspendedException>(call)).Message, StringComparison.Ordinal);
        Assert.Empty((await _world.User().LoginsAsync(IdentityWorld.As(IdentityWorld.Ada))).Logins);
        await _world.User().ActivateAsync(IdentityWorld.Admin);
        await _world.User().SignInAsync(_world.Proof());
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(login, "1", "2"));
    });

    [Fact]
    public void Activated_FindsNothingOfWhatWasThereBefore() => _world.Run(async () =>
    {
        var login = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        var token = await MakeTokenAsync(TimeSpan.FromDays(366));
        await _world.User().SuspendAsync(IdentityWorld.Admin, "the laptop was stolen");
        await _world.User().ActivateAsync(IdentityWorld.Admin);
        await Assert.ThrowsAsync<LoginEndedException>(() => _world.User().OfTokenAsync(token, IdentityWorld.Secret("token")));
        await Assert.ThrowsAsync<LoginEndedException>(() => ExchangeAsync(login, "1", "2"));
        Assert.Empty((await _world.User().TokensAsync(IdentityWorld.As(IdentityWorld.Ada))).Tokens);
        Assert.Empty((await _world.User().LoginsAsync(IdentityWorld.As(IdentityWorld.Ada))).Logins);
    });

    [Fact]
    public void Suspended_WhoeverHasNoSecretOfTheirs_IsNotToldWhy() => _world.Run(async () =>
    {
        var login = (await _world.User().SignInAsync(_world.Proof(refresh: "1"))).Login;
        var token = await MakeTokenAsync(TimeSpan.FromDays(1));
        await _world.User().SuspendAsync(IdentityWorld.Admin, "left the company");
        foreach (var call in (Func<Task>[])[
            () => ExchangeAsync(login, "a guess", "2", "another family"), () => ExchangeAsync(Guid.NewGuid(), "1", "2"),
            () => _world.User().OfTokenAsync(token, IdentityWorld.Secret("another")), () => _world.User().OfTokenAsync(Guid.NewGuid(), IdentityWorld.Secret("token"))])
            await Assert.ThrowsAsync<LoginEndedException>(call);
    });

    [Fact]
    public void Suspend_OfSomebodyAbove_IsRefused() => _world.Run(async () =>
    {
        await _world.User().AdmitAsync(IdentityWorld.Super, Role.SuperAdmin);
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.User().SuspendAsync(IdentityWorld.Admin, "a coup"));
        await Assert.ThrowsAsync<InvalidRequestException>(() => _world.User().SuspendAsync(IdentityWorld.Super, ""));
        await _world.User().SuspendAsync(IdentityWorld.Super, "gone");
    });

    [Fact]
    public void Token_StandsForItsUser_UntilItExpiresOrIsTakenBack() => _world.Run(async () =>
    {
        var ada = IdentityWorld.As(IdentityWorld.Ada);
        await _world.User().SignInAsync(_world.Proof());
        var session = Guid.NewGuid();
        var token = await MakeTokenAsync(TimeSpan.FromHours(1), session);
        Assert.Equal(ada with { OnlySession = session }, await _world.User().OfTokenAsync(token, IdentityWorld.Secret("token")));
        await Assert.ThrowsAsync<LoginEndedException>(() => _world.User().OfTokenAsync(token, IdentityWorld.Secret("another")));
        await Assert.ThrowsAsync<LoginEndedException>(() => _world.User("TBob").OfTokenAsync(token, IdentityWorld.Secret("token")));
        await _world.DelayAsync(TimeSpan.FromHours(1));
        await Assert.ThrowsAsync<LoginEndedException>(() => _world.User().OfTokenAsync(token, IdentityWorld.Secret("token")));
        Assert.Empty((await _world.User().TokensAsync(ada)).Tokens);

        var taken = await MakeTokenAsync(TimeSpan.FromDays(30));
        Assert.Equal(taken, Assert.Single((await _world.User().TokensAsync(ada)).Tokens).TokenId);
        Assert.Empty((await _world.User().RevokeTokenAsync(ada, taken)).Tokens);
        await Assert.ThrowsAsync<LoginEndedException>(() => _world.User().OfTokenAsync(taken, IdentityWorld.Secret("token")));
    });

    [Fact]
    public void Token_AskedForTwiceByAGateway_IsMadeOnce() => _world.Run(async () =>
    {
        var request = new MakeProgramToken(Guid.NewGuid(), IdentityWorld.Secret("token"), "a recorder", TimeSpan.FromDays(1), null);
        var ada = await JustSignedInAsync();
        var made = await _world.User().MakeTokenAsync(ada, request);
        Assert.Equal(made.Tokens, (await _world.User().MakeTokenAsync(ada, request)).Tokens);
        Assert.Single(made.Tokens);
    });

    [Fact]
    public void Tokens_HaveBounds() => _world.Run(async () =>
    {
        var ada = await JustSignedInAsync();
        await Assert.ThrowsAsync<InvalidRequestException>(() => MakeAsync(TimeSpan.FromSeconds(59)));
        await Assert.ThrowsAsync<InvalidRequestException>(() => MakeAsync(TimeSpan.FromDays(367)));
        for (var i = 0; i < _world.Options.MaxTokens; i++)
            await MakeAsync(TimeSpan.FromDays(1));
        var full = await Assert.ThrowsAsync<InvalidRequestException>(() => MakeAsync(TimeSpan.FromDays(1)));
        Assert.Contains($"{_world.Options.MaxTokens} tokens", full.Message, StringComparison.Ordinal);

        Task<ProgramTokenList> MakeAsync(TimeSpan life) =>
            _world.User().MakeTokenAsync(ada, new MakeProgramToken(Guid.NewGuid(), IdentityWorld.Secret("token"), "a recorder", life, null));
    });

    [Fact]
    public void Token_IsMadeByALoginThatWasOpenedLately_AndByNothingElse() => _world.Run(async () =>
    {
        var signedIn = await JustSignedInAsync();
        var request = new MakeProgramToken(Guid.NewGuid(), IdentityWorld.Secret("token"), "a recorder", TimeSpan.FromDays(1), null);
        await _world.User().MakeTokenAsync(signedIn, request);
        var program = await _world.User().OfTokenAsync(request.Token, request.Secret);
        var others = await _world.User("TBob").SignInAsync(_world.Proof());
        foreach (var caller in (Caller[])[program, signedIn with { Login = others.Login }, signedIn with { Login = Guid.NewGuid() }])
            await RefusedAsync(caller);
        await _world.DelayAsync(_world.Options.FreshLogin - TimeSpan.FromSeconds(1));
        await _world.User().MakeTokenAsync(signedIn, request with { Token = Guid.NewGuid() });
        // Exchanging its refresh token makes it no younger: that takes no more than what a thief of both has.
        await ExchangeAsync(signedIn.Login!.Value, "first", "2");
        await _world.DelayAsync(TimeSpan.FromSeconds(2));
        await RefusedAsync(signedIn);

        async Task RefusedAsync(Caller caller) => Assert.StartsWith(
            "Sign in again to make a token",
            (await Assert.ThrowsAsync<AccessDeniedException>(() => _world.User().MakeTokenAsync(caller, request with { Token = Guid.NewGuid() }))).Message,
            StringComparison.Ordinal);
    });

    [Fact]
    public void Tokens_EndWithTheLogins_WhereAllOfThemEnd() => _world.Run(async () =>
    {
        foreach (var caller in (Caller[])[IdentityWorld.As(IdentityWorld.Ada), IdentityWorld.Super])
        {
            var token = await MakeTokenAsync(TimeSpan.FromDays(30));
            await _world.User().EndLoginsAsync(caller);
            await Assert.ThrowsAsync<LoginEndedException>(() => _world.User().OfTokenAsync(token, IdentityWorld.Secret("token")));
        }
    });

    [Fact]
    public void State_AtItsFullest_FitsItsBound() => _world.Run(async () =>
    {
        var ada = await JustSignedInAsync();
        for (var i = 0; i < _world.Options.MaxTokens; i++)
            await _world.User().MakeTokenAsync(ada, new MakeProgramToken(Guid.NewGuid(), IdentityWorld.Secret($"{i}"), new string('ä', 100), TimeSpan.FromDays(1), Guid.NewGuid()));
        for (var i = 0; i < 60; i++)
            await _world.User().SignInAsync(_world.Proof($"{new string('n', 21)}{i}") with { From = new LoginOrigin(new string('ä', 300), "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff") });
        await _world.User().UpdateAsync(ada, new UserChange(new string('ä', 100), new string('ä', 240) + "@example.org"));
        foreach (var login in (await _world.User().LoginsAsync(ada)).Logins)
        {
            for (var i = 0; i < 20; i++)
            {
                await _world.User().RefreshAsync(Exchange(login.LoginId, i == 0 ? "first" : $"{i}", $"{i + 1}") with
                {
                    From = new LoginOrigin(new string('ö', 300), "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe"),
                });
            }
        }
    });

    private Task<LoginOpened> ExchangeAsync(Guid login, string presented, string next, string family = "family") =>
        _world.User().RefreshAsync(Exchange(login, presented, next, family));

    private static RefreshLogin Exchange(Guid login, string presented, string next, string family = "family") =>
        new(login, IdentityWorld.Secret(presented), IdentityWorld.Secret(family), IdentityWorld.Secret(next));

    private async Task<Caller> JustSignedInAsync() => IdentityWorld.As(IdentityWorld.Ada) with { Login = (await _world.User().SignInAsync(_world.Proof())).Login };

    private async Task<Guid> MakeTokenAsync(TimeSpan life, Guid? session = null)
    {
        var token = Guid.NewGuid();
        await _world.User().MakeTokenAsync(await JustSignedInAsync(), new MakeProgramToken(token, IdentityWorld.Secret("token"), "a recorder", life, session));
        return token;
    }
}
