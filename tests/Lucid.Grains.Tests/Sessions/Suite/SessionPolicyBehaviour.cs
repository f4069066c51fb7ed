using Lucid.Evidence;
using Lucid.Evidence.Policies;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>What a session under a trust policy lets whom do, on whichever engine the world has.</summary>
public abstract class SessionPolicyBehaviour
{
    private static readonly PolicySigner _owner = new("owner");
    private static readonly PolicySigner _company = new("company");
    private static readonly Caller _auditor = new("auditor", Role.User);
    private static readonly Caller _stranger = new("somebody else", Role.User);

    private readonly SessionWorld _world;
    private readonly Guid _policyId;

    private protected SessionPolicyBehaviour(SessionWorld world)
    {
        _world = world;
        _policyId = new Guid(Hash256.Of(world.Id.ToByteArray()).ToArray().AsSpan(0, 16));
    }

    private ITrustPolicyGrain Policy => _world.Grains.Get<ITrustPolicyGrain>(_policyId.ToString("D"));
    private AskedSession Owner => _world.As(_owner.Caller);

    private CreateSession Request => new(_owner.Id, "a session", null, [new TrackInfo(0, "application/octet-stream", ""), new TrackInfo(1, "application/x-asciicast", "")],
        TimeSpan.FromHours(10), null, null, SessionWorld.Node)
    { Policy = _policyId };

    private static PolicyRule Rule(PolicyAct act, PolicyAction action, params string[] subjects) =>
        PolicySigner.Rule(EnumWords.Of(act).Replace('_', '-'), act, action, [.. subjects]);

    private async Task<SessionView> CreateAsync(params PolicyRule[] rules)
    {
        await _owner.IssueAsync(Policy, PolicySigner.Text([PolicySigner.AnyNode, .. rules]));
        return await Owner.CreateAsync(Request);
    }

    [Fact]
    public Task Create_PinsTheVersionInForce_AndTheManifestNamesIt() => _world.RunAsync(async () =>
    {
        var session = await CreateAsync();
        var version = await Policy.VersionAsync(_owner.Caller, 1);
        var pinned = new SessionPolicy(_policyId, 1, Hash256.Of(version.Bytes), _owner.Id);
        Assert.Equal(pinned, session.Policy);
        // Another version in force changes nothing of what is recorded already.
        var next = await Policy.ChangeAsync(_owner.Caller, PolicySigner.Text(Rule(PolicyAct.View, PolicyAction.Allow)));
        await Policy.ActivateAsync(_owner.Caller, _owner.Sign(next.Statement!));
        await _world.ForgetAsync();
        Assert.Equal(pinned, (await Owner.GetAsync()).Policy);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.As(_auditor).GetAsync());
        await Owner.StopAsync(new StopSession(1, AcceptGaps: false));
        Assert.Equal(pinned.Sha256, Manifest.Parse((await Owner.ManifestAsync()).Manifest).PolicyHash);
        // The same request once more is the same session still.
        Assert.Equal(pinned, (await Owner.CreateAsync(Request)).Policy);
    });

    [Fact]
    public Task Create_UnderAPolicyThatIsNotInForce_DoesNotApply_OrForbidsTheNode_IsRefused() => _world.RunAsync(async () =>
    {
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Owner.CreateAsync(Request));
        var draft = await Policy.CreateAsync(_owner.Caller, PolicySigner.Text(PolicySigner.Rule("nodes", PolicyAct.View, PolicyAction.Allow)));
        Assert.Contains("draft", (await Assert.ThrowsAsync<PolicyStateException>(() => Owner.CreateAsync(Request))).Message, StringComparison.Ordinal);
        await Policy.ActivateAsync(_owner.Caller, _owner.Sign(draft.Statement!));
        // Default deny is for nodes, too.
        await Assert.ThrowsAsync<RecorderNotAllowedException>(() => Owner.CreateAsync(Request));
        var other = await Policy.ChangeAsync(_owner.Caller, PolicySigner.Text(PolicySigner.AnyNode with { Condition = PolicySigner.AnyNode.Condition with { Recorders = ["node-2"] } }));
        await Policy.ActivateAsync(_owner.Caller, _owner.Sign(other.Statement!));
        await Assert.ThrowsAsync<RecorderNotAllowedException>(() => Owner.CreateAsync(Request));
        Assert.Equal("node-2", (await Owner.CreateAsync(Request with { Recorder = "node-2" })).Recorder);
        await Policy.DeactivateAsync(_owner.Caller);
        var next = _world.As(_owner.Caller, _world.NextId);
        Assert.Contains("inactive", (await Assert.ThrowsAsync<PolicyStateException>(() => next.CreateAsync(Request))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PolicyUnknownException>(() => _world.As(_stranger, _world.NextId).CreateAsync(Request with { Owner = _stranger.Subject }));
        // Nobody pins what they like.
        var forged = Request with { Policy = null, Pinned = new SessionPolicy(_policyId, 1, Hash256.Zero, _stranger.Subject) };
        await Assert.ThrowsAsync<AccessDeniedException>(() => next.CreateAsync(forged));
    });

    [Fact]
    public Task Session_WhosePolicySaysNothing_IsItsOwnersToSee_AndNobodyElses() => _world.RunAsync(async () =>
    {
        await CreateAsync();
        await RightsAreAsync(_owner.Caller, SessionRight.View, SessionRight.Play, SessionRight.Record);
        await RightsAreAsync(_stranger);
        await RightsAreAsync(new Caller("admin", Role.Admin));
        await RightsAreAsync(_owner.Caller with { OnlySession = _world.Id }, SessionRight.View, SessionRight.Record);
        // Above policies stands whoever has the disks anyway.
        await RightsAreAsync(new Caller("super", Role.SuperAdmin), Enum.GetValues<SessionRight>());
        var denied = await Assert.ThrowsAsync<AccessDeniedException>(() => Owner.EraseAsync());
        Assert.Contains("no rule allows it", denied.Message, StringComparison.Ordinal);
        Assert.Empty((await Owner.SharesAsync()).Shares);
        Assert.Empty((await Owner.UnshareAsync("auditor")).Shares);
    });

    [Fact]
    public Task Rules_AllowWhatTheySay_AndDenialsStandAgainstEverybody() => _world.RunAsync(async () =>
    {
        await CreateAsync(
            Rule(PolicyAct.View, PolicyAction.Allow, "auditor"), Rule(PolicyAct.TakeKey, PolicyAction.Allow, "@owner"), Rule(PolicyAct.Share, PolicyAction.Allow, "@owner"),
            Rule(PolicyAct.Play, PolicyAction.Deny, "friend"), Rule(PolicyAct.Erase, PolicyAction.Deny));
        await RightsAreAsync(_auditor, SessionRight.View);
        await RightsAreAsync(_owner.Caller, SessionRight.View, SessionRight.Play, SessionRight.TakeKey, SessionRight.Record, SessionRight.Share);
        await Owner.ShareAsync(new SessionShare("guest", _world.Now.AddHours(1)));
        await Owner.ShareAsync(new SessionShare("friend", _world.Now.AddHours(1)));
        // A share does where the policy says nothing, and not against its word.
        await RightsAreAsync(new Caller("guest", Role.User), SessionRight.View, SessionRight.Play);
        await RightsAreAsync(new Caller("friend", Role.User), SessionRight.View);
        var denied = await Assert.ThrowsAsync<AccessDeniedException>(() => _world.As(_auditor).RequireAsync(SessionRight.Erase));
        Assert.Contains("rule erase", denied.Message, StringComparison.Ordinal);
        Assert.StartsWith($"You may view session {_world.Id}", denied.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Rule_ForOneTrack_LetsThatOneBePlayed() => _world.RunAsync(async () =>
    {
        var play = Rule(PolicyAct.Play, PolicyAction.Allow, "auditor");
        await CreateAsync(Rule(PolicyAct.View, PolicyAction.Allow, "auditor"), play with { Condition = play.Condition with { Tracks = [1] } });
        await _world.As(_auditor).RequireAsync(SessionRight.Play, track: 1);
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.As(_auditor).RequireAsync(SessionRight.Play, track: 0));
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.As(_auditor).RequireAsync(SessionRight.Play));
    });

    [Fact]
    public Task Key_OfASessionOfBoundedSize_IsGivenOnceItsSizeIsFinal() => _world.RunAsync(async () =>
    {
        var key = Rule(PolicyAct.TakeKey, PolicyAction.Allow, "auditor");
        await CreateAsync(Rule(PolicyAct.View, PolicyAction.Allow, "auditor"), key with { Condition = key.Condition with { MaxBytes = 1000 } });
        // Nothing is recorded yet, and anything may be.
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.As(_auditor).RequireAsync(SessionRight.TakeKey));
        await Owner.PauseAsync(1);
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.As(_auditor).RequireAsync(SessionRight.TakeKey));
        await Owner.StopAsync(new StopSession(1, AcceptGaps: false));
        await _world.As(_auditor).RequireAsync(SessionRight.TakeKey);
    });

    [Fact]
    public Task Revoked_LetsNobodyElseIn_AndWhatIsRecordedGoesOn() => _world.RunAsync(async () =>
    {
        await CreateAsync(Rule(PolicyAct.View, PolicyAction.Allow, "auditor"), Rule(PolicyAct.Share, PolicyAction.Allow, "@owner"));
        await RightsAreAsync(_auditor, SessionRight.View);
        await Owner.ShareAsync(new SessionShare("guest", _world.Now.AddHours(1)));
        // Out of force is no change for what is recorded already.
        await Policy.DeactivateAsync(_owner.Caller);
        await RightsAreAsync(_auditor, SessionRight.View);
        await Policy.RevokeAsync(_owner.Caller, "the contract ended");
        await RightsAreAsync(_auditor);
        await RightsAreAsync(new Caller("guest", Role.User));
        Assert.Contains("revoked", (await Assert.ThrowsAsync<AccessDeniedException>(() => Owner.EraseAsync())).Message, StringComparison.Ordinal);
        await Owner.HeartbeatAsync(1);
        await Owner.StopAsync(new StopSession(1, AcceptGaps: false));
        Assert.NotEqual(Hash256.Zero, Manifest.Parse((await Owner.ManifestAsync()).Manifest).PolicyHash);
    });

    [Fact]
    public Task Recorder_ThatThePolicyForbids_DoesNotTakeOver() => _world.RunAsync(async () =>
    {
        _world.GiveHeirs("node-2", "node-3");
        await _owner.IssueAsync(Policy, PolicySigner.Text(PolicySigner.AnyNode with { Condition = PolicySigner.AnyNode.Condition with { Recorders = ["node-1", "node-3"] } }));
        await Owner.CreateAsync(Request);
        Assert.Equal("node-3", (await Owner.MoveAsync("node-1")).Recorder);
    });

    [Fact]
    public Task Interrupted_IsContinuedUnderTheSamePolicy_ThoughItIsRevoked() => _world.RunAsync(async () =>
    {
        await _owner.IssueAsync(Policy, PolicySigner.Text(PolicySigner.AnyNode));
        var first = await Owner.CreateAsync(Request with { IdleLimit = TimeSpan.FromSeconds(10) });
        await Policy.RevokeAsync(_owner.Caller, "it ended");
        for (var view = await Owner.GetAsync(); view.Outcome is null; view = await Owner.GetAsync())
            await _world.DelayAsync(1);
        var next = await Owner.ResumeAsync(new ResumeSession(_world.NextId));
        Assert.Equal((_world.NextId, first.Policy), (next.SessionId, next.Policy));
    });

    [Fact]
    public Task Approval_IsAsked_Given_AndExpires() => _world.RunAsync(async () =>
    {
        await CreateAsync(Rule(PolicyAct.View, PolicyAction.Allow, "auditor"), Rule(PolicyAct.Play, PolicyAction.RequireApproval, "auditor"));
        var auditor = _world.As(_auditor);
        var needed = await Assert.ThrowsAsync<ApprovalNeededException>(() => auditor.RequireAsync(SessionRight.Play));
        Assert.Contains(_owner.Id, needed.Message, StringComparison.Ordinal);
        var asked = await auditor.RequestApprovalAsync(new ApprovalRequest(SessionRight.Play, null, "the quarter's audit"));
        Assert.Equal((1, "auditor", "play", ApprovalStatus.Pending), (asked.Number, asked.Subject, asked.Rule, asked.Status));
        // Asked again it is the same, and waiting lets nobody in.
        Assert.Equal(asked, await auditor.RequestApprovalAsync(new ApprovalRequest(SessionRight.Play, null, "please")));
        await Assert.ThrowsAsync<ApprovalNeededException>(() => auditor.RequireAsync(SessionRight.Play));
        Assert.Equal([asked], (await Owner.ApprovalsAsync()).Approvals);
        Assert.Equal([asked], (await auditor.ApprovalsAsync()).Approvals);
        await Assert.ThrowsAsync<AccessDeniedException>(() => auditor.DecideApprovalAsync(1, approve: true));
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.As(_stranger).DecideApprovalAsync(1, approve: true));
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.As(_stranger).ApprovalsAsync());

        var approved = await Owner.DecideApprovalAsync(1, approve: true);
        Assert.Equal(ApprovalStatus.Approved, approved.Status);
        Assert.Equal(approved, await Owner.DecideApprovalAsync(1, approve: true));
        await _world.ForgetAsync();
        auditor = _world.As(_auditor);
        await auditor.RequireAsync(SessionRight.Play);
        // It is for one person and one right.
        await Assert.ThrowsAsync<AccessDeniedException>(() => auditor.RequireAsync(SessionRight.TakeKey));
        await _world.DelayAsync(121);
        await Assert.ThrowsAsync<ApprovalNeededException>(() => auditor.RequireAsync(SessionRight.Play));
        Assert.Empty((await Owner.ApprovalsAsync()).Approvals);
    });

    [Fact]
    public Task Approval_OfOneTrack_IsForNoOther_AndOfAllForEach() => _world.RunAsync(async () =>
    {
        await CreateAsync(Rule(PolicyAct.View, PolicyAction.Allow), Rule(PolicyAct.Play, PolicyAction.RequireApproval));
        var auditor = _world.As(_auditor);
        await auditor.RequestApprovalAsync(new ApprovalRequest(SessionRight.Play, 0, "a look"));
        await Owner.DecideApprovalAsync(1, approve: true);
        await _world.ForgetAsync();
        auditor = _world.As(_auditor);
        await auditor.RequireAsync(SessionRight.Play, track: 0);
        await Assert.ThrowsAsync<ApprovalNeededException>(() => auditor.RequireAsync(SessionRight.Play, track: 1));
        await Assert.ThrowsAsync<ApprovalNeededException>(() => auditor.RequireAsync(SessionRight.Play));
        var other = await auditor.RequestApprovalAsync(new ApprovalRequest(SessionRight.Play, 1, "another look"));
        Assert.Equal((2, ApprovalStatus.Pending), (other.Number, other.Status));
        var guest = _world.As(new Caller("guest", Role.User));
        Assert.Equal(3, (await guest.RequestApprovalAsync(new ApprovalRequest(SessionRight.Play, null, "all of it"))).Number);
        await Owner.DecideApprovalAsync(3, approve: true);
        await guest.RequireAsync(SessionRight.Play);
        await guest.RequireAsync(SessionRight.Play, track: 1);
        Assert.Equal(3, (await guest.RequestApprovalAsync(new ApprovalRequest(SessionRight.Play, 1, "one of them"))).Number);
        // Everything but playing is of all tracks, so an approval of one would be of more than it says.
        await RefusedAsync(() => auditor.RequestApprovalAsync(new ApprovalRequest(SessionRight.TakeKey, 0, "the key")), "no track");
    });

    [Fact]
    public Task Approval_ThatWasGiven_IsTakenBack() => _world.RunAsync(async () =>
    {
        await CreateAsync(Rule(PolicyAct.Play, PolicyAction.RequireApproval, "auditor"));
        var (auditor, request) = (_world.As(_auditor), new ApprovalRequest(SessionRight.Play, null, "a look"));
        await auditor.RequestApprovalAsync(request);
        var given = await Owner.DecideApprovalAsync(1, approve: true);
        await auditor.RequireAsync(SessionRight.Play);
        await _world.DelayAsync(1);
        var back = await Owner.DecideApprovalAsync(1, approve: false);
        Assert.Equal((ApprovalStatus.Refused, given.ExpiresAt), (back.Status, back.ExpiresAt));
        Assert.Equal(back, await Owner.DecideApprovalAsync(1, approve: false));
        await Assert.ThrowsAsync<ApprovalNeededException>(() => auditor.RequireAsync(SessionRight.Play));
        Assert.Equal(back, await auditor.RequestApprovalAsync(request));
        await RefusedAsync(() => Owner.DecideApprovalAsync(1, approve: true), "No request 1");
    });

    [Fact]
    public Task Approval_RefusedOrTooLate_LetsNobodyIn() => _world.RunAsync(async () =>
    {
        await CreateAsync(Rule(PolicyAct.Play, PolicyAction.RequireApproval, "auditor"));
        var auditor = _world.As(_auditor);
        var request = new ApprovalRequest(SessionRight.Play, 0, "a look");
        await auditor.RequestApprovalAsync(request);
        await Owner.DecideApprovalAsync(1, approve: false);
        // Who asks again is told the same, until it is forgotten.
        Assert.Equal(ApprovalStatus.Refused, (await auditor.RequestApprovalAsync(request)).Status);
        await Assert.ThrowsAsync<ApprovalNeededException>(() => auditor.RequireAsync(SessionRight.Play));
        await RefusedAsync(() => Owner.DecideApprovalAsync(1, approve: true), "No request 1");
        await _world.DelayAsync(61);
        Assert.Equal(2, (await auditor.RequestApprovalAsync(request)).Number);
        await _world.DelayAsync(61);
        await RefusedAsync(() => Owner.DecideApprovalAsync(2, approve: true), "has expired");
        await RefusedAsync(() => Owner.DecideApprovalAsync(7, approve: true), "No request 7");
    });

    [Fact]
    public Task Approval_OfWhatNeedsNone_OrIsDenied_OrWithoutAReason_IsRefused() => _world.RunAsync(async () =>
    {
        await CreateAsync(Rule(PolicyAct.View, PolicyAction.Allow, "auditor"), Rule(PolicyAct.Play, PolicyAction.RequireApproval));
        await RefusedAsync(() => _world.As(_auditor).RequestApprovalAsync(new ApprovalRequest(SessionRight.View, null, "why not")), "no approval is needed");
        await RefusedAsync(() => Owner.RequestApprovalAsync(new ApprovalRequest(SessionRight.Play, null, "why not")), "no approval is needed");
        await RefusedAsync(() => _world.As(_auditor).RequestApprovalAsync(new ApprovalRequest(SessionRight.Play, null, "")), "1 to 255");
        await Assert.ThrowsAsync<AccessDeniedException>(() => _world.As(_auditor).RequestApprovalAsync(new ApprovalRequest(SessionRight.Erase, null, "why not")));
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.As(_stranger).RequestApprovalAsync(new ApprovalRequest(SessionRight.Erase, null, "why not")));
        for (var i = 0; i < SessionApproval.Most; i++)
            await _world.As(new Caller($"user-{i}", Role.User)).RequestApprovalAsync(new ApprovalRequest(SessionRight.Play, null, "a look"));
        await RefusedAsync(() => _world.As(_auditor).RequestApprovalAsync(new ApprovalRequest(SessionRight.Play, null, "a look")), "20 requests");
    });

    [Fact]
    public Task Approval_UnderACompanysPolicy_IsTheCompanys_AlsoForTheSessionsOwner() => _world.RunAsync(async () =>
    {
        await _company.IssueAsync(Policy, PolicySigner.Text(PolicySigner.AnyNode, Rule(PolicyAct.Erase, PolicyAction.RequireApproval, "@owner")) with { Scope = new PolicyScope(["*"], []) });
        await Owner.CreateAsync(Request);
        await Assert.ThrowsAsync<ApprovalNeededException>(() => Owner.RequireAsync(SessionRight.Erase));
        await Owner.RequestApprovalAsync(new ApprovalRequest(SessionRight.Erase, null, "it is private"));
        await Assert.ThrowsAsync<AccessDeniedException>(() => Owner.DecideApprovalAsync(1, approve: true));
        await _world.As(_company.Caller).DecideApprovalAsync(1, approve: true);
        await Owner.RequireAsync(SessionRight.Erase);
        // Whose policy it is, is not thereby let see the session.
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.As(_company.Caller).GetAsync());
    });

    private static async Task RefusedAsync(Func<Task> call, string why) =>
        Assert.Contains(why, (await Assert.ThrowsAsync<InvalidRequestException>(call)).Message, StringComparison.Ordinal);

    private async Task RightsAreAsync(Caller caller, params SessionRight[] expected)
    {
        var has = new List<SessionRight>();
        foreach (var right in Enum.GetValues<SessionRight>())
        {
            try
            {
                await _world.As(caller).RequireAsync(right);
                has.Add(right);
            }
            catch (AccessDeniedException)
            {
                Assert.Contains(SessionRight.View, expected);
            }
            catch (SessionNotFoundException)
            {
                Assert.DoesNotContain(SessionRight.View, expected);
            }
        }
        Assert.Equal(expected, has);
    }
}
