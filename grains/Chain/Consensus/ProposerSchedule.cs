using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;

namespace Lucid.Grains.Chain.Consensus;

/// <summary>Whose turn it is. A pure function of the last final block and the set, so that anyone can recompute it.</summary>
public static class ProposerSchedule
{
    /// <summary>
    /// The validators' indices in the order of their turns: ascending by SHA-256(`lucid.turn/1\n&lt;previous block id&gt;\n&lt;node id&gt;\n`). Nobody
    /// knows the order before that block, and nobody can choose its own place without choosing the block.
    /// </summary>
    public static ImmutableArray<int> Order(Hash256 previousId, ValidatorSet validators) =>
        [.. Enumerable.Range(0, validators.Count)
            .OrderBy(index => Hash256.Of(Encoding.UTF8.GetBytes($"lucid.turn/1\n{previousId}\n{validators.Validators[index].NodeId}\n")))];
}
