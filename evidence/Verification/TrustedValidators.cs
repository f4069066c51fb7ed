using Lucid.Evidence.Ledger;

namespace Lucid.Evidence.Verification;

/// <summary>The validator sets that a verifier believes. Several sets of one network may be among them.</summary>
public sealed class TrustedValidators
{
    private readonly ILookup<Hash256, ValidatorSet> _byNetwork;

    public TrustedValidators(params IEnumerable<ValidatorSet> sets) => _byNetwork = sets.ToLookup(set => set.Network);

    /// <summary>None: whatever verifies is consistent at best.</summary>
    public static TrustedValidators None { get; } = new();

    /// <summary>The sets of a network.</summary>
    public IEnumerable<ValidatorSet> Of(Hash256 network) => _byNetwork[network];

    /// <summary>Whether exactly that set, network, names and keys, is among them.</summary>
    public bool Contains(ValidatorSet set) => _byNetwork[set.Network].Any(known => known.Hash == set.Hash);
}
