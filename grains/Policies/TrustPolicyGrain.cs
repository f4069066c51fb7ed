using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Policies;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Policies;

/// <summary>Decides which version of a policy is in force; what that one says, <see cref="PolicyEvaluation"/> decides.</summary>
public class TrustPolicyGrain(IActivation<PolicyState> self, PolicyOptions options, ICpuPool cpu) : ITrustPolicyGrain
{
    private const int MaxReason = 255;

    private readonly IJournal<PolicyRow> _rows = self.Journal<PolicyRow>("versions");

    // Owned by this activation: versions that were read, by their number. A version that was signed never changes.
    private readonly Dictionary<int, (Hash256 Sha256, byte[] Bytes, TrustPolicy Policy)> _read = [];

    private PolicyState State => self.State;
    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(self.Clock.GetUtcNow().ToUnixTimeMilliseconds());
    private Guid Policy => Guid.ParseExact(self.Key, "D");
    private IPolicyIndexGrain Index(string owner) => self.Grains.Get<IPolicyIndexGrain>(owner);

    /// <summary>The number of the version that was signed last; 0 where none was.</summary>
    private int LastSigned => State.Versions switch { [] => 0, [.., { Signature: not null }] => State.Versions.Length, _ => State.Versions.Length - 1 };

    public async Task<PolicyView> CreateAsync(Caller caller, PolicyText text)
    {
        if (State.Status != PolicyStatus.None)
        {
            return State.Owner == caller.Subject && State.Versions.Length == 1 && IsSame((await ReadAsync(1)).Policy, text)
                ? await ViewAsync()
                : throw new PolicyStateException($"Policy {self.Key} exists already; ids are single use.");
        }
        RequirePerson(caller);
        if (!WalletAddress.TryParse(caller.Subject, out _))
            throw new InvalidRequestException($"A policy is signed by its owner's wallet, and {caller.Subject} has none: sign in with a wallet, and draw it up then.");
        var bytes = Encode(caller.Subject, version: 1, Hash256.Zero, text, Now);
        // In the list first: one that is listed and does not exist is left out there, one that exists unlisted would be lost to its owner.
        await Index(caller.Subject).AddAsync(Policy);
        var row = await _rows.AppendAsync(new PolicyRow(bytes));
        await self.SaveAsync(new PolicyState
        {
            Status = PolicyStatus.Draft,
            Owner = caller.Subject,
            CreatedAt = Now,
            UpdatedAt = Now,
            Versions = [new PolicyVersion(row, Hash256.Of(bytes), Now)],
        });
        return await ViewAsync();
    }

    public async Task<PolicyView> GetAsync(Caller caller)
    {
        return await ViewAsync(await RequireViewAsync(caller));
    }

    public async Task<PolicyView> ChangeAsync(Caller caller, PolicyText text)
    {
        await RequireOwnerAsync(caller);
        RefuseRevoked();
        if (IsSame((await ReadAsync(State.Versions.Length)).Policy, text))
            return await ViewAsync();
        var signed = LastSigned;
        if (signed == TrustPolicy.MaxVersions || await _rows.CountAsync() >= options.MaxDrafts)
            throw new PolicyStateException($"Policy {self.Key} was drawn up as often as one can be; begin a new one.");
        var bytes = Encode(State.Owner, signed + 1, signed == 0 ? Hash256.Zero : State.Versions[signed - 1].Sha256, text, Now);
        var row = await _rows.AppendAsync(new PolicyRow(bytes));
        _read.Remove(signed + 1);
        await self.SaveAsync(State with { UpdatedAt = Now, Versions = [.. State.Versions.Take(signed), new PolicyVersion(row, Hash256.Of(bytes), Now)] });
        return await ViewAsync();
    }

    public async Task<PolicyView> ActivateAsync(Caller caller, string? signature)
    {
        await RequireOwnerAsync(caller);
        RefuseRevoked();
        if (signature is not null)
            await SignAsync(signature);
        else if (LastSigned == 0)
            throw new PolicyStateException($"Policy {self.Key} is a draft: it takes its owner's signature to make it active.");
        else if (State.Status != PolicyStatus.Active)
            await self.SaveAsync(State with { Status = PolicyStatus.Active, UpdatedAt = Now });
        return await ViewAsync();
    }

    public async Task<PolicyView> DeactivateAsync(Caller caller)
    {
        await RequireOwnerOrAdministratorAsync(caller);
        RefuseRevoked();
        if (State.Status == PolicyStatus.Draft)
            throw new PolicyStateException($"Policy {self.Key} is a draft: nothing of it is in force. Delete it if it is not wanted.");
        if (State.Status == PolicyStatus.Active)
            await self.SaveAsync(State with { Status = PolicyStatus.Inactive, UpdatedAt = Now });
        return await ViewAsync();
    }

    public async Task<PolicyView> RevokeAsync(Caller caller, string reason)
    {
        await RequireOwnerOrAdministratorAsync(caller);
        if (reason.Length is < 1 or > MaxReason || reason.Any(char.IsControl))
            throw new InvalidRequestException($"A reason has 1 to {MaxReason} characters without control characters, not {reason.Length}.");
        if (State.Status != PolicyStatus.Revoked)
            await self.SaveAsync(State with { Status = PolicyStatus.Revoked, Reason = reason, UpdatedAt = Now });
        return await ViewAsync();
    }

    public async Task DeleteAsync(Caller caller)
    {
        if (State.Status == PolicyStatus.None)
        {
            // Where a node died while it made or deleted one, the list still has it.
            await Index(caller.Subject).RemoveAsync(Policy);
            throw PolicyUnknownException.For(self.Key);
        }
        await RequireOwnerAsync(caller);
        if (LastSigned > 0)
            throw new PolicyStateException($"Policy {self.Key} was signed, and manifests may name it: revoke it instead.");
        var owner = State.Owner;
        _read.Clear();
        await self.ClearAsync();
        await Index(owner).RemoveAsync(Policy);
    }

    public async Task<PolicyDocument> VersionAsync(Caller caller, int version)
    {
        var (_, bytes, _) = await RequireVersionAsync(caller, version);
        return new PolicyDocument(version, bytes, State.Versions[version - 1].Signature);
    }

    public async Task<PolicyAnswer> EvaluateAsync(Caller caller, int version, PolicyRequest request)
    {
        return Answer((await RequireVersionAsync(caller, version)).Policy, request);
    }

    public async Task<SessionPolicy> PinAsync(string sessionOwner, string recorder)
    {
        if (State.Status == PolicyStatus.None)
            throw PolicyUnknownException.For(self.Key);
        var version = LastSigned;
        var policy = version == 0 ? null : (await ReadAsync(version)).Policy;
        // To whoever it does not apply to there is none.
        if (sessionOwner != State.Owner && policy?.Scope.Covers(State.Owner, sessionOwner) != true)
            throw PolicyUnknownException.For(self.Key);
        if (policy?.Scope.Covers(State.Owner, sessionOwner) == false)
            throw new AccessDeniedException($"Policy {self.Key} excludes sessions of {sessionOwner}, its owner.");
        if (State.Status != PolicyStatus.Active || policy is null)
            throw new PolicyStateException($"Policy {self.Key} is {Word(State.Status)}, and no session begins under it before it is active.");
        if (PolicyEvaluation.Evaluate(policy, new PolicyRequest { Act = PolicyAct.Host, Recorder = recorder, At = Now }) is { Outcome: not PolicyOutcome.Allow })
            throw RecorderNotAllowedException.For(Policy, recorder);
        return new SessionPolicy(Policy, version, State.Versions[version - 1].Sha256, State.Owner);
    }

    public async Task<PolicyAnswer> AskAsync(int version, Hash256 sha256, PolicyRequest request)
    {
        // A session outlives whatever happens to this grain's storage: what is not there denies.
        if (version < 1 || version > LastSigned || State.Versions[version - 1].Sha256 != sha256)
            return new PolicyAnswer(PolicyOutcome.Deny, null, null, State.Status == PolicyStatus.Revoked);
        return Answer((await ReadAsync(version)).Policy, request);
    }

    private PolicyAnswer Answer(TrustPolicy policy, PolicyRequest request)
    {
        var verdict = PolicyEvaluation.Evaluate(policy, request);
        var approval = verdict.Outcome == PolicyOutcome.NeedsApproval ? policy.Rules.First(rule => rule.Id == verdict.Rule).Parameters : null;
        return new PolicyAnswer(verdict.Outcome, verdict.Rule, approval, State.Status == PolicyStatus.Revoked);
    }

    private async Task SignAsync(string signature)
    {
        var version = State.Versions[^1];
        var (_, bytes, _) = await ReadAsync(State.Versions.Length);
        var owner = WalletAddress.Parse(State.Owner);
        var check = await cpu.RunAsync(() => WalletSignature.Check(owner, PolicyStatement.Of(bytes).Encode(), signature));
        if (check.Verdict != WalletVerdict.Ok)
            throw new InvalidRequestException($"signature: {check.Problem}");
        if (version.Signature is null)
            version = version with { Signature = Canonical(signature), SignedAt = Now };
        if (State.Status != PolicyStatus.Active || version != State.Versions[^1])
            await self.SaveAsync(State with { Status = PolicyStatus.Active, UpdatedAt = Now, Versions = State.Versions.SetItem(State.Versions.Length - 1, version) });
    }

    /// <summary>One text of the signature, however the wallet wrote it.</summary>
    private static string Canonical(string signature) =>
        RecoverableSignature.Read(Convert.FromHexString(signature.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? signature[2..] : signature), out _)!.ToString();

    private byte[] Encode(string owner, int version, Hash256 previous, PolicyText text, DateTimeOffset createdAt)
    {
        try
        {
            return new TrustPolicy
            {
                Network = options.Network,
                Policy = Policy,
                Owner = owner,
                Version = version,
                Previous = previous,
                CreatedAt = createdAt,
                Name = text.Name,
                Description = text.Description,
                Scope = text.Scope,
                Rules = text.Rules,
            }.Encode();
        }
        catch (InvalidOperationException refused)
        {
            throw new InvalidRequestException(refused.Message);
        }
    }

    private async Task<(Hash256 Sha256, byte[] Bytes, TrustPolicy Policy)> ReadAsync(int version)
    {
        if (version < 1 || version > State.Versions.Length)
            throw PolicyUnknownException.For($"{self.Key} of version {version}");
        var wanted = State.Versions[version - 1];
        if (_read.TryGetValue(version, out var known) && known.Sha256 == wanted.Sha256)
            return known;
        var bytes = (await _rows.ReadAsync(wanted.Row, 1))[0].Bytes;
        return _read[version] = (wanted.Sha256, bytes, TrustPolicy.Parse(bytes));
    }

    private Task<PolicyView> ViewAsync() => ViewAsync(State.Versions.Length);

    /// <param name="version">The newest that is to be told of. Those before it are named; what they say is told by themselves.</param>
    private async Task<PolicyView> ViewAsync(int version)
    {
        var (sha256, _, newest) = await ReadAsync(version);
        return new PolicyView
        {
            PolicyId = Policy,
            Owner = State.Owner,
            Status = State.Status,
            Name = newest.Name,
            Description = newest.Description,
            CreatedAt = State.CreatedAt,
            UpdatedAt = State.UpdatedAt,
            ActiveVersion = LastSigned is > 0 and var active ? active : null,
            Reason = State.Reason,
            Versions = [.. State.Versions.Take(version).Select((one, i) => new PolicyVersionView(i + 1, one.Sha256, one.CreatedAt, one.SignedAt))],
            Scope = newest.Scope,
            Rules = newest.Rules,
            Statement = State.Versions[version - 1].Signature is null
                ? Encoding.ASCII.GetString(new PolicyStatement(newest.Network, Policy, newest.Version, sha256).Encode())
                : null,
        };
    }

    private bool IsSame(TrustPolicy policy, PolicyText text) =>
        Encode(policy.Owner, policy.Version, policy.Previous, text, policy.CreatedAt).AsSpan().SequenceEqual(policy.Encode());

    /// <summary>The newest version that the caller may see. To whoever may see none there is no policy.</summary>
    private async Task<int> RequireViewAsync(Caller caller)
    {
        for (var version = State.Versions.Length; version > 0; version--)
        {
            if (await MaySeeAsync(caller, version))
                return version;
        }
        throw PolicyUnknownException.For(self.Key);
    }

    private async Task<(Hash256 Sha256, byte[] Bytes, TrustPolicy Policy)> RequireVersionAsync(Caller caller, int version)
    {
        if (version < 1 || version > State.Versions.Length || !await MaySeeAsync(caller, version))
        {
            await RequireViewAsync(caller);
            throw PolicyUnknownException.For($"{self.Key} of version {version}");
        }
        return await ReadAsync(version);
    }

    /// <summary>
    /// Each version by itself: whoever recorded under one reads it for ever, whatever the next says of them, and what is not signed is nobody's
    /// business yet.
    /// </summary>
    private async Task<bool> MaySeeAsync(Caller caller, int version)
    {
        if (caller.OnlySession is not null)
            return false;
        if (caller.Subject == State.Owner || caller.May(Permission.ManageTrustPolicies))
            return true;
        return version <= LastSigned && (await ReadAsync(version)).Policy.Scope.Covers(State.Owner, caller.Subject);
    }

    private async Task RequireOwnerAsync(Caller caller)
    {
        await RequireViewAsync(caller);
        if (caller.Subject != State.Owner)
            throw new AccessDeniedException($"Policy {self.Key} is changed, signed and deleted by its owner alone.");
    }

    private async Task RequireOwnerOrAdministratorAsync(Caller caller)
    {
        await RequireViewAsync(caller);
        if (caller.Subject != State.Owner && !caller.May(Permission.ManageTrustPolicies))
            throw new AccessDeniedException($"Policy {self.Key} is taken out of force by its owner, or by those with the permission {Permission.ManageTrustPolicies}.");
    }

    private static void RequirePerson(Caller caller)
    {
        if (caller.OnlySession is not null)
            throw new AccessDeniedException("A token for one session makes no policy; sign in to do that.");
    }

    private void RefuseRevoked()
    {
        if (State.Status == PolicyStatus.Revoked)
            throw new PolicyStateException($"Policy {self.Key} is revoked ({State.Reason}), which is for good; begin a new one.");
    }

    private static string Word(PolicyStatus status) => status.ToString().ToLowerInvariant();
}
