using System.Text;
using Lucid.Evidence.Ledger;

namespace Lucid.Evidence.Tests.Ledger;

public sealed class LedgerEncodingTests
{
    private static readonly LedgerSamples Net = new(4);

    private static readonly Dictionary<string, (byte[] Bytes, Func<byte[], byte[]> Again)> Records = new(StringComparer.Ordinal)
    {
        ["genesis"] = (Net.Genesis.Encode(), bytes => Genesis.Parse(bytes).Encode()),
        ["validators"] = (Net.Validators.Encode(), bytes => ValidatorSet.Parse(bytes).Encode()),
        ["header"] = (Net.Header().Encode(), bytes => BlockHeader.Parse(bytes).Encode()),
        ["vote"] = (SignedVote.Sign(new Vote(VoteKind.Prevote, Net.Genesis.Network, 7, 0, Hash256.Zero), 3, Net.Keys[3]).Encode(),
            bytes => SignedVote.Parse(bytes).Encode()),
        ["proposal"] = (SignedProposal.Sign(new Proposal(Net.Genesis.Network, 7, 3, 1, Hash256.Of("b"u8)), 0, Net.Keys[0]).Encode(),
            bytes => SignedProposal.Parse(bytes).Encode()),
        ["new proposal"] = (SignedProposal.Sign(new Proposal(Net.Genesis.Network, 7, 3, null, Hash256.Of("b"u8)), 0, Net.Keys[0]).Encode(),
            bytes => SignedProposal.Parse(bytes).Encode()),
        ["certificate"] = (Net.Certificate(Net.Header(), 0, 1, 3).Encode(), bytes => CommitCertificate.Parse(bytes).Encode()),
        ["batch"] = (Net.Batch(Net.Keys[1]).Bytes.ToArray(), bytes => Rebuild(AnchorBatch.Parse(bytes))),
        ["block"] = (Sample(certified: true), bytes => Block.Parse(bytes).Encode()),
        ["proposed block"] = (Sample(certified: false), bytes => Block.Parse(bytes).Encode()),
    };

    public static TheoryData<string> Names => [.. Records.Keys];

    private static byte[] Sample(bool certified)
    {
        var header = Net.Header(2);
        return new Block(header, [Net.Batch(Net.Keys[1]).Bytes, new byte[] { 0, 10, 13, 255 }],
            certified ? Net.Certificate(header, 0, 2, 3) : null).Encode();
    }

    private static byte[] Rebuild(AnchorBatch batch) =>
        AnchorBatch.Create(batch.Network, batch.Recorder, batch.Entries,
            _ => Convert.FromHexString(Encoding.UTF8.GetString(batch.Bytes.Span[^129..^1]))).Bytes.ToArray();

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_WhatWasWritten_EncodesTheSame(string record)
    {
        var (bytes, again) = Records[record];
        Assert.Equal(bytes, again(bytes));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_AnyByteAlteredOrCut_IsRefusedOrReadAsItStands(string record)
    {
        var (bytes, again) = Records[record];
        for (var position = 0; position < bytes.Length; position++)
        {
            Check(again, bytes[..position]);
            foreach (var value in (ReadOnlySpan<byte>)[0, (byte)'\n', (byte)' ', (byte)'0', (byte)'9', (byte)'A', (byte)'a', 0xff])
            {
                var altered = bytes.ToArray();
                altered[position] = value;
                Check(again, altered);
            }
        }
        Check(again, [.. bytes, (byte)'\n']);
    }

    /// <summary>Never two texts for one record: what is read at all is read as exactly the bytes it came from.</summary>
    private static void Check(Func<byte[], byte[]> again, byte[] bytes)
    {
        byte[] encoded;
        try
        {
            encoded = again(bytes);
        }
        catch (MalformedException)
        {
            return;
        }
        Assert.Equal(bytes, encoded);
    }

    [Fact]
    public void Genesis_ValidatorsInAnyOrder_IsTheSameNetwork()
    {
        var again = new Genesis(Net.Genesis.Name, Net.Genesis.TimeMs, Net.Genesis.Parameters, Net.Validators.Validators.Reverse());
        Assert.Equal(Net.Genesis.Network, again.Network);
        Assert.Equal(Hash256.Of(again.Encode()), again.Network);
    }

    [Fact]
    public void Genesis_ParametersOutOfRange_NamesAllOfThem()
    {
        var fault = Assert.Throws<ArgumentException>(() => new Genesis(
            "test", 0, new LedgerParameters { BlockIntervalMs = 99, CooldownSlots = 65 }, Net.Validators.Validators));
        Assert.Contains("block interval ms is 99; choose 100 to 60000.", fault.Message, StringComparison.Ordinal);
        Assert.Contains("cooldown slots is 65; choose 8 to 64.", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(3, 3, 1)]
    [InlineData(4, 3, 2)]
    [InlineData(6, 5, 2)]
    [InlineData(7, 5, 3)]
    [InlineData(63, 43, 21)]
    public void Quorum_OfACount_IsMoreThanTwoThirds(int count, int quorum, int oneHonest)
    {
        var validators = new LedgerSamples(count).Validators;
        Assert.Equal(quorum, validators.Quorum);
        Assert.Equal(oneHonest, validators.OneHonest);
        Assert.True(3 * quorum > 2 * count && 3 * (quorum - 1) <= 2 * count);
    }

    [Fact]
    public void ValidatorSet_AKeyTwice_IsRefused()
    {
        var first = Net.Validators.Validators[0];
        Assert.Throws<ArgumentException>(() => new ValidatorSet(Net.Genesis.Network, [first, first with { Name = "other" }]));
        Assert.Throws<ArgumentException>(() => new ValidatorSet(Net.Genesis.Network, [first with { Cosigning = first.Identity }]));
    }

    [Fact]
    public void Certificate_OfAQuorum_HasNoFault() =>
        Assert.Null(Net.Certificate(Net.Header(), 0, 1, 3).FindFault(Net.Header(), Net.Validators));

    [Fact]
    public void Certificate_OneSignatureShort_IsFaulty() =>
        Assert.Contains("3 of 4", Net.Certificate(Net.Header(), 0, 1).FindFault(Net.Header(), Net.Validators), StringComparison.Ordinal);

    [Fact]
    public void Certificate_OfAnotherHeader_IsFaulty() =>
        Assert.NotNull(Net.Certificate(Net.Header(), 0, 1, 3).FindFault(Net.Header() with { TimeMs = 1 }, Net.Validators));

    [Fact]
    public void Certificate_OfAnotherSet_IsFaulty()
    {
        var other = new ValidatorSet(Net.Genesis.Network, Net.Validators.Validators[..3]);
        Assert.NotNull(Net.Certificate(Net.Header(), 0, 1, 2).FindFault(Net.Header(), other));
    }

    [Fact]
    public void Certificate_OneForgedSignatureAboveTheQuorum_IsFaulty()
    {
        var good = Net.Certificate(Net.Header(), 0, 1, 2, 3);
        var forged = new CommitCertificate(good.Network, good.Height, good.Round, good.BlockId,
            [.. good.Signatures[..3], new IndexedSignature(3, good.Signatures[2].Bytes)]);
        Assert.Contains("node-03", forged.FindFault(Net.Header(), Net.Validators), StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_AValidatorTwice_CannotBeMade()
    {
        var good = Net.Certificate(Net.Header(), 0, 1, 2);
        Assert.Throws<ArgumentException>(() => new CommitCertificate(good.Network, good.Height, good.Round, good.BlockId,
            [good.Signatures[0], good.Signatures[0], good.Signatures[1]]));
    }

    [Fact]
    public void AnchorBatch_SignedByItsRecorder_Verifies() => Assert.True(Net.Batch(Net.Keys[1]).VerifySignature());

    [Fact]
    public void AnchorBatch_AnEntryOfAnotherRecorder_IsRefused() =>
        Assert.Throws<ArgumentException>(() => AnchorBatch.Create(Net.Genesis.Network, Net.Keys[0].PublicKey,
            [LedgerSamples.Anchor(Guid.Empty, Net.Keys[1].PublicKey)], message => Net.Keys[0].Sign(message.Span)));

    [Fact]
    public void SlotOf_Heights_CountsTwelveBlocks()
    {
        var parameters = new LedgerParameters();
        Assert.Equal([0UL, 0UL, 1UL, 1UL, 2UL], new ulong[] { 1, 12, 13, 24, 25 }.Select(parameters.SlotOf));
    }
}
