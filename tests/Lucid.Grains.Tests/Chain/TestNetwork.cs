using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;

namespace Lucid.Grains.Tests.Chain;

/// <summary>A network of so many validators, with the same keys in every run.</summary>
internal sealed class TestNetwork
{
    public TestNetwork(int validators, LedgerParameters? parameters = null)
    {
        var nodes = Enumerable.Range(0, validators)
            .Select(index => (Name: $"node-{index}", Identity: Key($"identity {index}"), Cosigning: Key($"cosigning {index}"))).ToArray();
        Keys = [.. nodes.Select(node => node.Identity)];
        CosigningKeys = [.. nodes.Select(node => node.Cosigning)];
        Genesis = new Genesis("test", 1_700_000_000_000, parameters ?? new LedgerParameters(),
            nodes.Select(node => new Validator(node.Name, node.Identity.PublicKey, node.Cosigning.PublicKey)));
    }

    public ImmutableArray<Ed25519PrivateKey> Keys { get; }
    public ImmutableArray<Ed25519PrivateKey> CosigningKeys { get; }
    public Genesis Genesis { get; }
    public ValidatorSet Validators => Genesis.Validators;

    public static Ed25519PrivateKey Key(string name) => new(Hash256.Of(Encoding.UTF8.GetBytes(name)).ToArray());
}
