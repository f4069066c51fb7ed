using Lucid.Evidence.Keys;
using Lucid.Evidence.Policies;

namespace Lucid.Evidence.Tests.Support;

/// <summary>Policies with fixed values, and a wallet that signs them.</summary>
public static class SamplePolicies
{
    public static WalletScheme Wallets { get; } = new("SomeNetwork", 0x41);

    public static Secp256k1PrivateKey Key(string name) => new(Hash256.Of(System.Text.Encoding.UTF8.GetBytes($"wallet {name}")).ToArray());

    public static string Owner { get; } = Wallets.AddressOf(Key("owner").PublicKey);

    public static DateTimeOffset Noon { get; } = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public static TrustPolicy Policy(params PolicyRule[] rules) => new()
    {
        Network = SampleRecords.Network,
        Policy = Guid.Parse("0199c0de-aaaa-7abc-8def-0123456789ab"),
        Owner = Owner,
        Version = 2,
        Previous = Hash256.Of("version 1"u8),
        CreatedAt = Noon,
        Name = "Support \"desk\"",
        Description = "Für alle",
        Scope = new PolicyScope(["*"], ["TMallory"]),
        Rules = rules.Length > 0 ? [.. rules] : [
            Rule("nodes", PolicyAct.Host, PolicyAction.Allow, condition => condition with { Recorders = ["pi-1", "pi-2"] }),
            Rule("audit", PolicyAct.View, PolicyAction.Allow, condition => condition with { Subjects = ["TAuditor", "@owner"], NotBefore = Noon, NotAfter = Noon.AddDays(1) }),
            Rule("watch", PolicyAct.Play, PolicyAction.RequireApproval, condition => condition with { Roles = ["admin"], Tracks = [0, 1], MaxBytes = 1_000_000 }),
            Rule("keep", PolicyAct.Erase, PolicyAction.Deny),
        ],
    };

    public static PolicyRule Rule(string id, PolicyAct act, PolicyAction action, Func<PolicyCondition, PolicyCondition>? with = null)
    {
        var condition = new PolicyCondition { Acts = [act] };
        return new PolicyRule
        {
            Id = id,
            Type = PolicyWords.TypeOf(act),
            Condition = with?.Invoke(condition) ?? condition,
            Action = action,
            Parameters = action == PolicyAction.RequireApproval ? new PolicyApproval() : null,
        };
    }

    public static SignedPolicy Sign(TrustPolicy policy, string by = "owner")
    {
        var bytes = policy.Encode();
        return new SignedPolicy(Key(by).Sign(PersonalMessage.Digest(Wallets.Name, PolicyStatement.Of(bytes).Encode())), bytes);
    }
}
