using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Policies;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>Somebody with a wallet who draws up policies and signs them.</summary>
public sealed class PolicySigner
{
    private readonly Secp256k1PrivateKey _key;

    /// <param name="name">The same name has the same wallet.</param>
    public PolicySigner(string name)
    {
        _key = new Secp256k1PrivateKey(Hash256.Of(Encoding.UTF8.GetBytes($"wallet of {name}")).ToArray());
        Caller = new Caller(WalletAddress.Of(_key.PublicKey).ToString(), Role.User);
    }

    public Caller Caller { get; }

    public string Id => Caller.Subject;

    /// <summary>A signature over a policy's statement, as wallets write it.</summary>
    public string Sign(string statement) => _key.Sign(PersonalMessage.Digest(WalletSignature.Network, Encoding.ASCII.GetBytes(statement))).ToString();

    /// <summary>Draws it up and puts it into force.</summary>
    public async Task<PolicyView> IssueAsync(ITrustPolicyGrain policy, PolicyText text) =>
        await policy.ActivateAsync(Caller, Sign((await policy.CreateAsync(Caller, text)).Statement!));

    public static PolicyText Text(params PolicyRule[] rules) => new("a policy", "", PolicyScope.Own, [.. rules]);

    public static PolicyRule AnyNode { get; } = Rule("nodes", PolicyAct.Host, PolicyAction.Allow);

    public static PolicyRule Rule(string id, PolicyAct act, PolicyAction action, params ImmutableArray<string> subjects) => new()
    {
        Id = id,
        Type = PolicyWords.TypeOf(act),
        Condition = new PolicyCondition { Acts = [act], Subjects = subjects },
        Action = action,
        Parameters = action == PolicyAction.RequireApproval ? new PolicyApproval(ApprovalSeconds: 60, GrantSeconds: 120) : null,
    };
}
