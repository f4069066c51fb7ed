using System.Text;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Policies;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Records;

public sealed class SignedKindsTests
{
    private static readonly Hash256 Network = SampleRecords.Network;

    /// <summary>What is really signed, of every kind.</summary>
    private static IEnumerable<(SigningKey Key, byte[] Signed)> Signed()
    {
        var manifest = SampleRecords.Manifest();
        var anchor = Anchor.Of(manifest, manifest.Encode());
        yield return (SigningKey.Identity, new ManifestSignature(Network, anchor.ManifestHash).ToText());
        yield return (SigningKey.Identity, new ChunkReceipt(Network, SampleRecords.Chunk()).ToText());
        byte[] batch = [];
        AnchorBatch.Create(Network, anchor.Recorder, [LedgerEntry.Parse(anchor.Encode())], message =>
        {
            batch = message.ToArray();
            return new byte[64];
        });
        yield return (SigningKey.Identity, batch);
        yield return (SigningKey.Identity, new Proposal(Network, 1, 0, null, Hash256.Of("block"u8)).Encode());
        foreach (var kind in Enum.GetValues<VoteKind>())
            yield return (SigningKey.Identity, new Vote(kind, Network, 1, 0, Hash256.Of("block"u8)).Encode());
        var checkpoint = new Checkpoint(LedgerName.LogOrigin(Network), 1, Hash256.Of("root"u8)).ToText();
        yield return (SigningKey.Cosigning, [.. "cosignature/v1\ntime 1\n"u8, .. checkpoint]);
        yield return (SigningKey.Log, checkpoint);
        yield return (SigningKey.Wallet, PolicyStatement.Of(SamplePolicies.Policy().Encode()).Encode());
    }

    [Fact]
    public void All_NoBeginning_IsThePrefixOfAnother()
    {
        foreach (var one in SignedKinds.All)
        {
            foreach (var other in SignedKinds.All)
                Assert.False(!ReferenceEquals(one, other) && other.Beginning.StartsWith(one.Beginning, StringComparison.Ordinal), $"{one} {other}");
        }
    }

    [Fact]
    public void All_WhatIsReallySigned_IsInTheTableOnce()
    {
        var seen = new HashSet<SignedKind>();
        foreach (var (key, signed) in Signed())
        {
            var text = Encoding.UTF8.GetString(signed);
            var kind = Assert.Single(SignedKinds.All, kind => text.StartsWith(kind.Beginning, StringComparison.Ordinal));
            Assert.Equal(key, kind.Key);
            seen.Add(kind);
        }
        Assert.Equal(SignedKinds.All.Length, seen.Count);
    }

    [Fact]
    public void All_WhatAnIdentityKeyOrAWalletSigns_NamesItsKindAndNetwork()
    {
        foreach (var (key, signed) in Signed())
        {
            if (key is SigningKey.Identity or SigningKey.Wallet)
                Assert.Matches($"^lucid\\.[a-z-]+/1\n{Network}\n", Encoding.UTF8.GetString(signed));
        }
    }

    [Fact]
    public void Cosignature_OfACheckpoint_SignsWhatTheTableSays()
    {
        var key = SampleRecords.Key("cosigner");
        var checkpoint = new Checkpoint(LedgerName.LogOrigin(Network), 1, Hash256.Of("root"u8)).ToText();
        var signature = Cosignature.Sign(checkpoint, "lucid/x/alpha", key, 1);
        Assert.True(key.PublicKey.Verify([.. "cosignature/v1\ntime 1\n"u8, .. checkpoint], signature.Value[8..]));
    }
}
