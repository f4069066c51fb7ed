using System.Text;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Policies;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Policies;
using Lucid.Grains.Tests.Chain;
using Lucid.Grains.Tests.Sessions;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Grains.Tests.Policies;

/// <summary>Policies from their first draft to their end, on the embedded engine in virtual time.</summary>
public sealed class TrustPolicyTests
{
    private static readonly Hash256 _network = Hash256.Of("network"u8);
    private static readonly PolicySigner _owner = new("owner");
    private static readonly PolicySigner _other = new("other");
    private static readonly Caller _admin = new("admin", Role.Admin);
    private static readonly Guid _id = Guid.Parse("0199c0de-aaaa-7abc-8def-0123456789ab");
    private static readonly PolicyText _text = PolicySigner.Text(PolicySigner.AnyNode);

    private readonly Simulation _simulation = new(1);
    private readonly MemoryGrainStore _store = new();
    private readonly EmbeddedEngine _engine;

    public TrustPolicyTests()
    {
        _engine = _simulation.Engine(_store, services: new ServiceCollection()
                .AddSingleton(new PolicyOptions { Network = _network, MaxDrafts = 10 }).AddSingleton<ICpuPool, InlineCpu>().BuildServiceProvider())
            .Host<ITrustPolicyGrain, TrustPolicyGrain>("trust-policy")
            .Host<IPolicyIndexGrain, PolicyIndexGrain>("policy-index");
        Run(() => _engine.StartAsync());
    }

    private ITrustPolicyGrain Policy => At(_id);
    private IPolicyIndexGrain Index => _engine.Get<IPolicyIndexGrain>(_owner.Id);

    /// <summary>What was repeated is known again also where the clock goes on between any two looks at it.</summary>
    [Fact]
    public async Task Draft_Repeated_IsTheSame_HoweverLateTheClockIsRead()
    {
        var engine = new EmbeddedEngine(_store, new EmbeddedEngineOptions(), new ServiceCollection()
                .AddSingleton(new PolicyOptions { Network = _network }).AddSingleton<ICpuPool, InlineCpu>().BuildServiceProvider(), EngineRuntime.ThreadPool(new HurryingClock()))
            .Host<ITrustPolicyGrain, TrustPolicyGrain>("trust-policy").Host<IPolicyIndexGrain, PolicyIndexGrain>("policy-index");
        await engine.StartAsync(CancellationToken.None);
        var policy = engine.Get<ITrustPolicyGrain>(_id.ToString("D"));
        var first = await policy.CreateAsync(_owner.Caller, _text);
        Assert.Equal(first.Versions, (await policy.CreateAsync(_owner.Caller, _text)).Versions);
        Assert.Equal(first.Versions, (await policy.ChangeAsync(_owner.Caller, _text)).Versions);
        await engine.StopAsync(CancellationToken.None);
    }

    [Fact]
    public void Draft_IsListed_AndSaysWhatToSign() => Run(async () =>
    {
        var view = await Policy.CreateAsync(_owner.Caller, _text);
        Assert.Equal((PolicyStatus.Draft, _owner.Id, null), (view.Status, view.Owner, view.ActiveVersion));
        var document = await Policy.VersionAsync(_owner.Caller, 1);
        var policy = TrustPolicy.Parse(document.Bytes);
        Assert.Equal((_network, _id, _owner.Id, 1, Hash256.Zero), (policy.Network, policy.Policy, policy.Owner, policy.Version, policy.Previous));
        Assert.Equal(Encoding.ASCII.GetString(PolicyStatement.Of(document.Bytes).Encode()), view.Statement);
        Assert.Null(document.Signature);
        Assert.Equal(Hash256.Of(document.Bytes), Assert.Single(view.Versions).Sha256);
        Assert.Equal([_id], (await Index.ListAsync(_owner.Caller, 1, 20)).Policies);
        // The same once more is the same; anything else is another policy's id.
        Assert.Equal(view.Versions, (await Policy.CreateAsync(_owner.Caller, _text)).Versions);
        await Assert.ThrowsAsync<PolicyStateException>(() => Policy.CreateAsync(_owner.Caller, _text with { Name = "another" }));
        await Assert.ThrowsAsync<PolicyStateException>(() => Policy.CreateAsync(_other.Caller, _text));
    });

    [Fact]
    public void Create_WithoutAWallet_ByASessionsToken_OrOfWhatIsNoPolicy_IsRefused() => Run(async () =>
    {
        await RefusedAsync(() => Policy.CreateAsync(Caller.Local, _text), "has none");
        await Assert.ThrowsAsync<AccessDeniedException>(() => Policy.CreateAsync(_owner.Caller with { OnlySession = _id }, _text));
        await RefusedAsync(() => Policy.CreateAsync(_owner.Caller, _text with { Name = "" }), "name");
        await RefusedAsync(() => Policy.CreateAsync(_owner.Caller, PolicySigner.Text(PolicySigner.AnyNode, PolicySigner.AnyNode)), "each id once");
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.GetAsync(_owner.Caller));
        Assert.Equal(0, (await Index.ListAsync(_owner.Caller, 1, 20)).Total);
    });

    [Fact]
    public void Activate_TakesTheOwnersSignature_OverExactlyThisVersion() => Run(async () =>
    {
        var draft = await Policy.CreateAsync(_owner.Caller, _text);
        await Assert.ThrowsAsync<PolicyStateException>(() => Policy.ActivateAsync(_owner.Caller, null));
        await RefusedAsync(() => Policy.ActivateAsync(_owner.Caller, "abc"), "130 hexadecimal digits");
        await RefusedAsync(() => Policy.ActivateAsync(_owner.Caller, _other.Sign(draft.Statement!)), "is not");
        await RefusedAsync(() => Policy.ActivateAsync(_owner.Caller, _owner.Sign(draft.Statement!.Replace("\n1\n", "\n2\n", StringComparison.Ordinal))), "is not");
        // A draft that was drawn up anew is another one, and a signature over the first is worth nothing.
        var again = await Policy.ChangeAsync(_owner.Caller, _text with { Name = "anew" });
        Assert.Equal(1, Assert.Single(again.Versions).Version);
        await RefusedAsync(() => Policy.ActivateAsync(_owner.Caller, _owner.Sign(draft.Statement!)), "is not");
        Assert.Equal(PolicyStatus.Draft, (await Policy.GetAsync(_owner.Caller)).Status);

        var signature = _owner.Sign(again.Statement!);
        var active = await Policy.ActivateAsync(_owner.Caller, $"0x{signature.ToUpperInvariant()}");
        Assert.Equal((PolicyStatus.Active, 1, null), (active.Status, active.ActiveVersion, active.Statement));
        var document = await Policy.VersionAsync(_owner.Caller, 1);
        Assert.Equal(signature, document.Signature);
        var file = new SignedPolicy(RecoverableSignature.Read(Convert.FromHexString(document.Signature!), out _)!, document.Bytes);
        Assert.Null(PolicyVerification.FindFault(SignedPolicy.Parse(file.Encode()), new WalletScheme(WalletSignature.Network, 0x41)));
        // Once more changes nothing.
        Assert.Equal(active.UpdatedAt, (await Policy.ActivateAsync(_owner.Caller, signature)).UpdatedAt);
    });

    [Fact]
    public void LoginMessage_SignedByTheOwner_ActivatesNothing_AndNoStatementIsALogin() => Run(async () =>
    {
        var draft = await Policy.CreateAsync(_owner.Caller, _text);
        var login = new LoginChallenges(new byte[LoginChallenges.KeySize], "lucid.example", TimeSpan.FromMinutes(5), _simulation.Clock).Issue(WalletAddress.Parse(_owner.Id));
        await RefusedAsync(() => Policy.ActivateAsync(_owner.Caller, _owner.Sign(login.ToString())), "is not");
        Assert.False(LoginMessage.TryParse(draft.Statement, out _));
        Assert.Throws<MalformedException>(() => PolicyStatement.Parse(login.ToArray()));
        // Nor can any login be made to begin as a policy does.
        Assert.NotNull(LoginMessage.FindProblem("lucid.policy/1"));
    });

    [Fact]
    public void Change_KeepsWhatIsInForce_UntilTheNextVersionIsSigned() => Run(async () =>
    {
        await _owner.IssueAsync(Policy, _text);
        var next = await Policy.ChangeAsync(_owner.Caller, _text with { Name = "second" });
        Assert.Equal((PolicyStatus.Active, 1, 2), (next.Status, next.ActiveVersion, next.Versions.Length));
        Assert.Equal(1, (await Policy.PinAsync(_owner.Id, "node-1")).Version);
        var active = await Policy.ActivateAsync(_owner.Caller, _owner.Sign(next.Statement!));
        Assert.Equal(2, active.ActiveVersion);
        Assert.Equal(2, (await Policy.PinAsync(_owner.Id, "node-1")).Version);
        var second = TrustPolicy.Parse((await Policy.VersionAsync(_owner.Caller, 2)).Bytes);
        Assert.Equal((2, active.Versions[0].Sha256), (second.Version, second.Previous));
        // What is the same already is no new version.
        Assert.Equal(2, (await Policy.ChangeAsync(_owner.Caller, _text with { Name = "second" })).Versions.Length);
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.VersionAsync(_owner.Caller, 3));
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.VersionAsync(_owner.Caller, 0));
    });

    [Fact]
    public void Change_WithoutEnd_HasAnEnd() => Run(async () =>
    {
        await Policy.CreateAsync(_owner.Caller, _text);
        for (var i = 1; i < 10; i++)
            await Policy.ChangeAsync(_owner.Caller, _text with { Name = $"draft {i}" });
        Assert.Contains("begin a new one", (await Assert.ThrowsAsync<PolicyStateException>(() => Policy.ChangeAsync(_owner.Caller, _text with { Name = "one more" }))).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void States_GoAsTheyMay_AndRevokedIsForGood() => Run(async () =>
    {
        await Policy.CreateAsync(_owner.Caller, _text);
        await Assert.ThrowsAsync<PolicyStateException>(() => Policy.DeactivateAsync(_owner.Caller));
        await Policy.ActivateAsync(_owner.Caller, _owner.Sign((await Policy.GetAsync(_owner.Caller)).Statement!));
        Assert.Equal(PolicyStatus.Inactive, (await Policy.DeactivateAsync(_owner.Caller)).Status);
        Assert.Equal(PolicyStatus.Inactive, (await Policy.DeactivateAsync(_owner.Caller)).Status);
        await Assert.ThrowsAsync<PolicyStateException>(() => Policy.PinAsync(_owner.Id, "node-1"));
        Assert.Equal(PolicyStatus.Active, (await Policy.ActivateAsync(_owner.Caller, null)).Status);
        await RefusedAsync(() => Policy.RevokeAsync(_owner.Caller, ""), "1 to 255");
        var revoked = await Policy.RevokeAsync(_owner.Caller, "it ended");
        Assert.Equal((PolicyStatus.Revoked, "it ended"), (revoked.Status, revoked.Reason));
        Assert.Equal(revoked.UpdatedAt, (await Policy.RevokeAsync(_owner.Caller, "again")).UpdatedAt);
        foreach (var call in new Func<Task>[]
                 {
                     () => Policy.ActivateAsync(_owner.Caller, null), () => Policy.DeactivateAsync(_owner.Caller), () => Policy.ChangeAsync(_owner.Caller, _text with { Name = "x" }),
                     () => Policy.PinAsync(_owner.Id, "node-1"),
                 })
            Assert.Contains("revoked", (await Assert.ThrowsAsync<PolicyStateException>(call)).Message, StringComparison.Ordinal);
        // What it said can be read for ever.
        Assert.NotNull((await Policy.VersionAsync(_owner.Caller, 1)).Signature);
    });

    [Fact]
    public void Others_SeeNoPolicy_UnlessItAppliesToThem_AndAdministratorsTakeItOutOfForce() => Run(async () =>
    {
        var draft = await Policy.CreateAsync(_owner.Caller, _text with { Scope = new PolicyScope([_other.Id], []) });
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.GetAsync(_other.Caller));
        await Policy.ActivateAsync(_owner.Caller, _owner.Sign(draft.Statement!));
        Assert.Equal(_id, (await Policy.GetAsync(_other.Caller)).PolicyId);
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.GetAsync(new Caller("stranger", Role.User)));
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.GetAsync(_owner.Caller with { OnlySession = _id }));
        foreach (var caller in (Caller[])[_other.Caller, _admin])
        {
            await Assert.ThrowsAsync<AccessDeniedException>(() => Policy.ChangeAsync(caller, _text));
            await Assert.ThrowsAsync<AccessDeniedException>(() => Policy.ActivateAsync(caller, null));
            await Assert.ThrowsAsync<AccessDeniedException>(() => Policy.DeleteAsync(caller));
        }
        await Assert.ThrowsAsync<AccessDeniedException>(() => Policy.RevokeAsync(_other.Caller, "mine now"));
        await Assert.ThrowsAsync<AccessDeniedException>(() => Policy.DeactivateAsync(_other.Caller));
        Assert.Equal(PolicyStatus.Inactive, (await Policy.DeactivateAsync(_admin)).Status);
        Assert.Equal(PolicyStatus.Revoked, (await Policy.RevokeAsync(_admin, "an emergency")).Status);
        Assert.Equal([_id], (await Index.ListAsync(_admin, 1, 20)).Policies);
        await Assert.ThrowsAsync<AccessDeniedException>(() => Index.ListAsync(_other.Caller, 1, 20));
    });

    [Fact]
    public void Version_IsForWhomItCovers_AndNoneThatIsUnsigned() => Run(async () =>
    {
        var first = await _owner.IssueAsync(Policy, _text with { Name = "first", Scope = new PolicyScope([_other.Id], []) });
        var next = await Policy.ChangeAsync(_owner.Caller, _text with { Name = "second", Scope = new PolicyScope(["*"], [_other.Id]) });
        // What waits for its signature is its owner's and the administrators' to see.
        Assert.Equal("second", (await Policy.GetAsync(_owner.Caller)).Name);
        Assert.NotEmpty((await Policy.VersionAsync(_admin, 2)).Bytes);
        var seen = await Policy.GetAsync(_other.Caller);
        Assert.Equal(("first", 1, 1, null), (seen.Name, seen.ActiveVersion, seen.Versions.Length, seen.Statement));
        var request = new PolicyRequest { Act = PolicyAct.View, At = _simulation.Clock.GetUtcNow() };
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.VersionAsync(_other.Caller, 2));
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.EvaluateAsync(_other.Caller, 2, request));
        var stranger = new Caller("stranger", Role.User);
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.GetAsync(stranger));
        await Policy.ActivateAsync(_owner.Caller, _owner.Sign(next.Statement!));
        // Whoever recorded under version 1 reads it still, though the second leaves them out.
        Assert.Equal(first.Versions[0].Sha256, Hash256.Of((await Policy.VersionAsync(_other.Caller, 1)).Bytes));
        Assert.Equal(PolicyOutcome.Deny, (await Policy.EvaluateAsync(_other.Caller, 1, request)).Outcome);
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.VersionAsync(_other.Caller, 2));
        seen = await Policy.GetAsync(_other.Caller);
        Assert.Equal(("first", 2, 1), (seen.Name, seen.ActiveVersion, seen.Versions.Length));
        seen = await Policy.GetAsync(stranger);
        Assert.Equal(("second", 2), (seen.Name, seen.Versions.Length));
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.VersionAsync(stranger, 1));
    });

    [Fact]
    public void Delete_IsForWhatWasNeverSigned() => Run(async () =>
    {
        await Policy.CreateAsync(_owner.Caller, _text);
        await Policy.DeleteAsync(_owner.Caller);
        Assert.Equal(0, (await Index.ListAsync(_owner.Caller, 1, 20)).Total);
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.GetAsync(_owner.Caller));
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.DeleteAsync(_owner.Caller));
        await _owner.IssueAsync(Policy, _text);
        Assert.Contains("revoke it", (await Assert.ThrowsAsync<PolicyStateException>(() => Policy.DeleteAsync(_owner.Caller))).Message, StringComparison.Ordinal);
        // One that is listed and is not there, because a node died while it was made.
        var lost = Guid.Parse("0199c0de-bbbb-7abc-8def-0123456789ab");
        await Index.AddAsync(lost);
        await Assert.ThrowsAsync<PolicyUnknownException>(() => At(lost).DeleteAsync(_owner.Caller));
        Assert.Equal([_id], (await Index.ListAsync(_owner.Caller, 1, 20)).Policies);
    });

    [Fact]
    public void Ask_OfAVersionWithOtherBytes_OrNone_Denies() => Run(async () =>
    {
        var view = await _owner.IssueAsync(Policy, PolicySigner.Text(PolicySigner.Rule("view", PolicyAct.View, PolicyAction.Allow)));
        var request = new PolicyRequest { Act = PolicyAct.View, Subject = "anybody", At = _simulation.Clock.GetUtcNow() };
        Assert.Equal(new PolicyAnswer(PolicyOutcome.Allow, "view", null, false), await Policy.AskAsync(1, view.Versions[0].Sha256, request));
        Assert.Equal(PolicyOutcome.Deny, (await Policy.AskAsync(1, Hash256.Zero, request)).Outcome);
        Assert.Equal(PolicyOutcome.Deny, (await Policy.AskAsync(2, view.Versions[0].Sha256, request)).Outcome);
        Assert.Equal(PolicyOutcome.Deny, (await At(Guid.Empty).AskAsync(1, view.Versions[0].Sha256, request)).Outcome);
        Assert.Equal(PolicyOutcome.Allow, (await Policy.EvaluateAsync(_owner.Caller, 1, request)).Outcome);
        await Assert.ThrowsAsync<PolicyUnknownException>(() => Policy.EvaluateAsync(_other.Caller, 1, request));
    });

    [Fact]
    public void Pin_OfAPolicyThatExcludesItsOwner_IsRefused() => Run(async () =>
    {
        await _owner.IssueAsync(Policy, _text with { Scope = new PolicyScope(["*"], [_owner.Id]) });
        await Assert.ThrowsAsync<AccessDeniedException>(() => Policy.PinAsync(_owner.Id, "node-1"));
        Assert.Equal(_owner.Id, (await Policy.PinAsync("anybody", "node-1")).Owner);
    });

    [Fact]
    public void Index_IsReadByPages_AndHasABound() => Run(async () =>
    {
        var ids = Enumerable.Range(0, IPolicyIndexGrain.Most).Select(i => new Guid(i, 0, 0, new byte[8])).ToList();
        foreach (var id in ids)
            await Index.AddAsync(id);
        await Index.AddAsync(ids[0]);
        await RefusedAsync(() => Index.AddAsync(_id), "500 policies at most");
        var page = await Index.ListAsync(_owner.Caller, 2, 100);
        Assert.Equal((IPolicyIndexGrain.Most, ids[399], ids[300]), (page.Total, page.Policies[0], page.Policies[^1]));
        Assert.Empty((await Index.ListAsync(_owner.Caller, int.MaxValue, 100)).Policies);
        await RefusedAsync(() => Index.ListAsync(_owner.Caller, 0, 100), "numbered from 1");
    });

    [Fact]
    public void State_OfTheMostVersions_StaysBelowItsLimit() => Run(async () =>
    {
        var text = _text;
        var engine = _simulation.Engine(_store, services: new ServiceCollection()
                .AddSingleton(new PolicyOptions { Network = _network }).AddSingleton<ICpuPool, InlineCpu>().BuildServiceProvider())
            .Host<ITrustPolicyGrain, TrustPolicyGrain>("trust-policy").Host<IPolicyIndexGrain, PolicyIndexGrain>("policy-index");
        await engine.StartAsync();
        var policy = engine.Get<ITrustPolicyGrain>(_id.ToString("D"));
        var view = await _owner.IssueAsync(policy, text);
        for (var i = 2; i <= TrustPolicy.MaxVersions; i++)
        {
            view = await policy.ChangeAsync(_owner.Caller, text with { Name = $"version {i}" });
            view = await policy.ActivateAsync(_owner.Caller, _owner.Sign(view.Statement!));
        }
        Assert.Equal(TrustPolicy.MaxVersions, view.ActiveVersion);
        await Assert.ThrowsAsync<PolicyStateException>(() => policy.ChangeAsync(_owner.Caller, text));
        Assert.InRange((await _store.ReadAsync(new GrainId("trust-policy", _id.ToString("D")))).State!.Length, 1, 60 * 1024);
    });

    private ITrustPolicyGrain At(Guid id) => _engine.Get<ITrustPolicyGrain>(id.ToString("D"));

    private void Run(Func<Task> body) => _simulation.Run(body, TimeSpan.FromDays(1));

    private static async Task RefusedAsync(Func<Task> call, string why) =>
        Assert.Contains(why, (await Assert.ThrowsAsync<InvalidRequestException>(call)).Message, StringComparison.Ordinal);

    private sealed class HurryingClock : TimeProvider
    {
        private long _looks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(50).AddMilliseconds(Interlocked.Increment(ref _looks));
    }
}
