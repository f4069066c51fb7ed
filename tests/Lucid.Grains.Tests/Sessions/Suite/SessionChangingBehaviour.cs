using Lucid.Evidence;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>What of a session can be changed, by whom and until when, on whichever engine the world has.</summary>
public abstract class SessionChangingBehaviour
{
    private readonly SessionWorld _world;

    private protected SessionChangingBehaviour(SessionWorld world) => _world = world;

    [Fact]
    public Task Change_OfNameAndDescription_IsTakenInEveryState_AndListed() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        var changed = await _world.Session.ChangeAsync(new SessionChange { Name = "another", Description = "what it is" });
        Assert.Equal(("another", "what it is", null), (changed.Name, changed.Description, changed.Lease));
        await _world.StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        await _world.Session.EraseAsync();
        await _world.UntilAsync(SessionStatus.Erased);
        await _world.Session.ChangeAsync(new SessionChange { Description = "" });
        await _world.ForgetAsync();
        var view = await _world.Session.GetAsync();
        Assert.Equal(("another", null), (view.Name, view.Description));
        Assert.Equal("another", _world.Directory.Rows[_world.Id].Name);
    });

    [Fact]
    public Task Change_OfTracks_IsWhatTheManifestSays_UntilItIsSealed() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        await _world.Session.ChangeAsync(new SessionChange { Tracks = [new TrackInfo(0, "video/mp4", "screen")] });
        await RefusedAsync(new SessionChange { Tracks = [new TrackInfo(0, "video/mp4", "screen"), new TrackInfo(1, "text/plain", "")] }, "has 1 tracks, and keeps as many");
        await RefusedAsync(new SessionChange { Tracks = [new TrackInfo(1, "video/mp4", "screen")] }, "numbered from 0");
        await _world.StopAsync();
        Assert.Equal([new ManifestTrack(0, "video/mp4", "screen")], Manifest.Parse((await _world.Session.ManifestAsync()).Manifest).Tracks);
        var sealedNow = await Assert.ThrowsAsync<SessionStateException>(() => _world.Session.ChangeAsync(new SessionChange { Tracks = [new TrackInfo(0, "video/mp4", "other")] }));
        Assert.Contains("its manifest is sealed, and names them", sealedNow.Message, StringComparison.Ordinal);
        // The same again is no change.
        await _world.Session.ChangeAsync(new SessionChange { Name = "another", Tracks = [new TrackInfo(0, "video/mp4", "screen")] });
    });

    [Fact]
    public Task Change_OfTheIdleLimit_HoldsFromNowOn_WhileTheSessionIsOpen() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromSeconds(10));
        await _world.Session.ChangeAsync(new SessionChange { IdleLimit = TimeSpan.FromMinutes(10) });
        await _world.DelayAsync(300);
        Assert.Equal(SessionStatus.Created, (await _world.Session.GetAsync()).Status);
        await RefusedAsync(new SessionChange { IdleLimit = TimeSpan.FromSeconds(9) }, "10 to 86,400");
        await _world.StopAsync();
        var closed = await Assert.ThrowsAsync<SessionStateException>(() => _world.Session.ChangeAsync(new SessionChange { IdleLimit = TimeSpan.FromSeconds(60) }));
        Assert.Contains("it is closed", closed.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Retention_OfAnAnchoredSession_IsGiven_PutOff_AndTakenBack() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        await _world.Session.ChangeAsync(new SessionChange { Retention = TimeSpan.FromDays(2) });
        // Its reminder was set for the day after tomorrow, and finds more time then.
        await _world.Session.ChangeAsync(new SessionChange { Retention = TimeSpan.FromDays(4) });
        await _world.DelayAsync(3 * 86_400);
        Assert.Equal(SessionStatus.Anchored, (await _world.Session.GetAsync()).Status);
        await RefusedAsync(new SessionChange { Retention = TimeSpan.FromDays(1) }, "to have it erased now, erase it");
        await RefusedAsync(new SessionChange { Retention = TimeSpan.FromSeconds(59) }, "at least 60 seconds");
        var kept = await _world.Session.ChangeAsync(new SessionChange { Retention = TimeSpan.Zero });
        Assert.Null(kept.RetentionSeconds);
        await _world.DelayAsync(3 * 86_400);
        Assert.Equal(SessionStatus.Anchored, (await _world.Session.GetAsync()).Status);
        await _world.Session.ChangeAsync(new SessionChange { Retention = TimeSpan.FromDays(7) });
        await _world.DelayAsync(2 * 86_400);
        await _world.UntilAsync(SessionStatus.Erased);
        var erased = await Assert.ThrowsAsync<SessionStateException>(() => _world.Session.ChangeAsync(new SessionChange { Retention = TimeSpan.Zero }));
        Assert.Contains("nothing left to keep", erased.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Retention_UnderAPolicyThatKeepsTheSession_IsNotItsOwnersToSet() => _world.RunAsync(async () =>
    {
        var owner = new PolicySigner("owner");
        var policy = new Guid(Hash256.Of(_world.Id.ToByteArray()).ToArray().AsSpan(0, 16));
        await owner.IssueAsync(_world.Grains.Get<ITrustPolicyGrain>(policy.ToString("D")), PolicySigner.Text(PolicySigner.AnyNode));
        var session = _world.As(owner.Caller);
        await session.CreateAsync(new CreateSession(owner.Id, "a session", null, [new TrackInfo(0, "application/octet-stream", "")], TimeSpan.FromHours(1), null, null, SessionWorld.Node) { Policy = policy });
        await Assert.ThrowsAsync<AccessDeniedException>(() => session.ChangeAsync(new SessionChange { Retention = TimeSpan.FromMinutes(1) }));
        Assert.Equal("another", (await session.ChangeAsync(new SessionChange { Name = "another" })).Name);
    });

    [Fact]
    public Task Create_AndResume_AfterAChange_AnswerTheSameSession() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromSeconds(20));
        await _world.Session.ChangeAsync(new SessionChange { Name = "another" });
        Assert.Equal("another", (await _world.CreateAsync(idle: TimeSpan.FromSeconds(20))).Name);
        await Assert.ThrowsAsync<SessionConflictException>(() => _world.CreateAsync(idle: TimeSpan.FromSeconds(21)));
        await _world.RecordAsync(0);
        await _world.UntilAsync(SessionStatus.Anchored);
        // The session that goes on has the name that this one has then, and stays the same whatever either is called afterwards.
        var next = await _world.Session.ResumeAsync(new ResumeSession(_world.NextId));
        Assert.Equal("another", next.Name);
        await _world.Session.ChangeAsync(new SessionChange { Name = "the first part" });
        await _world.As(SessionWorld.Owner, _world.NextId).ChangeAsync(new SessionChange { Name = "the second part" });
        var again = await _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet));
        Assert.Equal((_world.NextId, "the second part", 1L), (again.SessionId, again.Name, again.Lease!.Value));
    });

    [Fact]
    public Task Change_ByWhoMayNot_IsRefused() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.Session.ShareAsync(new SessionShare("auditor", _world.Now.AddHours(1)));
        var change = new SessionChange { Name = "another" };
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.As(new Caller("somebody else", Role.User)).ChangeAsync(change));
        foreach (var caller in new[] { new Caller("auditor", Role.User), new Caller("admin", Role.Admin), SessionWorld.Owner with { OnlySession = _world.Id } })
            await Assert.ThrowsAsync<AccessDeniedException>(() => _world.As(caller).ChangeAsync(change));
        Assert.Equal("a session", (await _world.Session.GetAsync()).Name);
        await _world.As(new Caller("super", Role.SuperAdmin)).ChangeAsync(change);
        await RefusedAsync(new SessionChange { Name = "" }, "1 to 255");
        await RefusedAsync(new SessionChange { Description = new string('x', 1001) }, "1,000");
    });

    [Fact]
    public Task Shares_AreListed_AndMendedWhenTheSessionWakes() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        var share = new SessionShare("auditor", _world.Now.AddHours(1));
        await _world.Session.ShareAsync(share);
        Assert.Equal([share], _world.Directory.Shares[_world.Id]);
        // As after a crash between the session and the list.
        await _world.ForgetAsync();
        _world.Directory.Shares.Clear();
        await _world.Session.GetAsync();
        Assert.Equal([share], _world.Directory.Shares[_world.Id]);
        await _world.Session.UnshareAsync("auditor");
        Assert.Empty(_world.Directory.Shares[_world.Id]);
    });

    private async Task RefusedAsync(SessionChange change, string why) =>
        Assert.Contains(why, (await Assert.ThrowsAsync<InvalidRequestException>(() => _world.Session.ChangeAsync(change))).Message, StringComparison.Ordinal);
}
