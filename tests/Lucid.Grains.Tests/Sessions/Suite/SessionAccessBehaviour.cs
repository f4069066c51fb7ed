using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>Who may do what with a session, on whichever engine the world has.</summary>
public abstract class SessionAccessBehaviour
{
    private static readonly Caller _stranger = new("somebody else", Role.User);
    private static readonly Caller _auditor = new("auditor", Role.User);

    private readonly SessionWorld _world;

    private protected SessionAccessBehaviour(SessionWorld world) => _world = world;

    /// <summary>All that a caller can ask of a session, by the right that it takes.</summary>
    private static IEnumerable<(SessionRight Right, string Name, Func<AskedSession, Task> Call)> Calls(DateTimeOffset now)
    {
        yield return (SessionRight.View, "get", session => session.GetAsync());
        yield return (SessionRight.View, "leaves", session => session.LeavesAsync(0, 10));
        yield return (SessionRight.View, "manifest", session => session.ManifestAsync());
        yield return (SessionRight.Play, "play", session => session.RequireAsync(SessionRight.Play));
        yield return (SessionRight.TakeKey, "take the key", session => session.RequireAsync(SessionRight.TakeKey));
        yield return (SessionRight.Record, "admit", session => session.AdmitAsync(new AdmitChunk(0, 1, 0, null)));
        yield return (SessionRight.Record, "heartbeat", session => session.HeartbeatAsync(1));
        yield return (SessionRight.Record, "pause", session => session.PauseAsync(1));
        yield return (SessionRight.Record, "resume", session => session.ResumeAsync(new ResumeSession(Guid.Empty)));
        yield return (SessionRight.Record, "stop", session => session.StopAsync(new StopSession(1, AcceptGaps: true)));
        yield return (SessionRight.Record, "recover", session => session.RecoverAsync());
        yield return (SessionRight.Erase, "erase", session => session.EraseAsync());
        yield return (SessionRight.Share, "share", session => session.ShareAsync(new SessionShare("friend", now.AddDays(1))));
        yield return (SessionRight.Share, "unshare", session => session.UnshareAsync("friend"));
        yield return (SessionRight.Share, "shares", session => session.SharesAsync());
    }

    [Fact]
    public Task Stranger_IsToldThatThereIsNone_WhateverIsAsked() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        var before = await _world.Session.GetAsync();
        foreach (var (_, name, call) in Calls(_world.Now))
        {
            var refused = await Assert.ThrowsAsync<SessionNotFoundException>(() => call(_world.As(_stranger)));
            Assert.True(refused.Message == $"There is no session {_world.Id}.", $"{name}: {refused.Message}");
        }
        Assert.Equivalent(before, await _world.Session.GetAsync());
        // The same as where there really is none.
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.As(_stranger, _world.NextId).GetAsync());
    });

    [Fact]
    public Task Auditor_ViewsAndPlays_UntilTheTimeThatWasSaid() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromHours(10));
        var share = new SessionShare("auditor", _world.Now.AddSeconds(60));
        Assert.Equal([share], (await _world.Session.ShareAsync(share)).Shares);
        await RightsAreAsync(_auditor, SessionRight.View, SessionRight.Play);
        // A session that leaves memory keeps them.
        await _world.ForgetAsync();
        await RightsAreAsync(_auditor, SessionRight.View, SessionRight.Play);
        await RightsAreAsync(_stranger);
        await _world.DelayAsync(61);
        await RightsAreAsync(_auditor);
        Assert.Empty((await _world.Session.SharesAsync()).Shares);
    });

    [Fact]
    public Task Share_TakenBack_IsOver_AndGivenAgainItIsTheNewOne() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.Session.ShareAsync(new SessionShare("auditor", _world.Now.AddHours(1)));
        var longer = new SessionShare("auditor", _world.Now.AddHours(2));
        Assert.Equal([longer], (await _world.Session.ShareAsync(longer)).Shares);
        Assert.Empty((await _world.Session.UnshareAsync("auditor")).Shares);
        Assert.Empty((await _world.Session.UnshareAsync("auditor")).Shares);
        await RightsAreAsync(_auditor);
    });

    [Fact]
    public Task Shares_ThatMakeNoSense_AreRefused() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        var later = _world.Now.AddHours(1);
        await RefusedAsync(new SessionShare("", later), "1 to 256");
        await RefusedAsync(new SessionShare(new string('x', 257), later), "not 257");
        await RefusedAsync(new SessionShare(SessionWorld.Owner.Subject, later), "owns the session");
        await RefusedAsync(new SessionShare("auditor", _world.Now), "in the future");
        for (var i = 0; i < SessionShare.Most; i++)
            await _world.Session.ShareAsync(new SessionShare($"auditor-{i}", later));
        await RefusedAsync(new SessionShare("auditor", later), $"{SessionShare.Most} at most");
        await _world.Session.ShareAsync(new SessionShare("auditor-0", later.AddHours(1)));

        async Task RefusedAsync(SessionShare share, string why) =>
            Assert.Contains(why, (await Assert.ThrowsAsync<InvalidRequestException>(() => _world.Session.ShareAsync(share))).Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Roles_HaveOnSessionsOfOthers_WhatTheTableSays() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromHours(10));
        await RightsAreAsync(new Caller("operator", Role.NodeOperator));
        await RightsAreAsync(new Caller("admin", Role.Admin), SessionRight.View, SessionRight.Erase);
        await RightsAreAsync(new Caller("super", Role.SuperAdmin), Enum.GetValues<SessionRight>());
        await RightsAreAsync(SessionWorld.Owner, Enum.GetValues<SessionRight>());
    });

    [Fact]
    public Task Token_ForOneSession_RecordsThatOne_ForItsOwner() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromHours(10));
        await RightsAreAsync(SessionWorld.Owner with { OnlySession = _world.Id }, SessionRight.View, SessionRight.Record);
        await RightsAreAsync(SessionWorld.Owner with { OnlySession = _world.NextId });
        await RightsAreAsync(_stranger with { OnlySession = _world.Id });
        // Whatever role its maker has.
        await RightsAreAsync(new Caller("super", Role.SuperAdmin) { OnlySession = _world.Id });
    });

    [Fact]
    public Task Create_ForSomebodyElse_IsForThoseWhoMayUseTheirSessions() => _world.RunAsync(async () =>
    {
        var request = new CreateSession("local", "a session", null, [new TrackInfo(0, "application/octet-stream", "")], TimeSpan.FromSeconds(60), null, null, SessionWorld.Node);
        var refused = await Assert.ThrowsAsync<AccessDeniedException>(() => _world.As(_stranger).CreateAsync(request));
        Assert.Contains("not of local", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.As(new Caller("admin", Role.Admin)).CreateAsync(request));
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.As(SessionWorld.Owner with { OnlySession = _world.Id }).CreateAsync(request));
        Assert.Equal("local", (await _world.As(new Caller("super", Role.SuperAdmin)).CreateAsync(request)).Owner);
        await RightsAreAsync(SessionWorld.Owner, Enum.GetValues<SessionRight>());
    });

    private async Task RightsAreAsync(Caller caller, params SessionRight[] expected)
    {
        var session = _world.As(caller);
        var has = new List<SessionRight>();
        foreach (var right in Enum.GetValues<SessionRight>())
        {
            try
            {
                await session.RequireAsync(right);
                has.Add(right);
            }
            catch (AccessDeniedException denied)
            {
                // Only where the session may be seen at all.
                Assert.Contains(SessionRight.View, expected);
                Assert.StartsWith($"You may view session {_world.Id}", denied.Message, StringComparison.Ordinal);
            }
            catch (SessionNotFoundException)
            {
                Assert.DoesNotContain(SessionRight.View, expected);
            }
        }
        Assert.Equal(expected, has);
    }
}
