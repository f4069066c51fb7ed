using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Grains.Chain.Consensus;

namespace Lucid.Grains.Tests.Chain.Consensus;

public sealed class VoteMemoryTests
{
    private static readonly Hash256 A = Hash256.Of("A"u8), B = Hash256.Of("B"u8);
    private static readonly VoteMemory Prevoted = new(5, 1, null, A, null, new RoundBlock(0, A),
        new Polka(0, A, [new IndexedSignature(0, new byte[64]), new IndexedSignature(2, new byte[64])]));

    [Fact]
    public void Parse_WhatWasWritten_IsTheSame()
    {
        foreach (var memory in new[] { VoteMemory.Empty, Prevoted, Prevoted with { Proposal = A, Precommit = Hash256.Zero, Valid = null } })
            Assert.Equal(memory, VoteMemory.Parse(memory.Encode()));
    }

    [Fact]
    public void FindConflict_Forward_IsNone()
    {
        Assert.Null(Prevoted.FindConflict(Prevoted));
        Assert.Null(Prevoted.FindConflict(Prevoted with { Precommit = B }));
        Assert.Null(Prevoted.FindConflict(new VoteMemory(5, 2, null, B, null, null, null)));
        Assert.Null(Prevoted.FindConflict(new VoteMemory(6, 0, B, null, null, null, null)));
    }

    [Fact]
    public void FindConflict_AnotherBlockOrBackwards_IsNamed()
    {
        Assert.NotNull(Prevoted.FindConflict(Prevoted with { Prevote = B }));
        Assert.NotNull(Prevoted.FindConflict(Prevoted with { Prevote = B, Precommit = B }));
        Assert.NotNull(Prevoted.FindConflict(Prevoted with { Round = 0 }));
        Assert.NotNull(Prevoted.FindConflict(Prevoted with { Height = 4 }));
        Assert.NotNull((Prevoted with { Precommit = A }).FindConflict(Prevoted));
    }
}
