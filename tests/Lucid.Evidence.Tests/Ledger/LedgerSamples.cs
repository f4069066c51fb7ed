using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;

namespace Lucid.Evidence.Tests.Ledger;

/// <summary>A small network whose keys are the same in every run.</summary>
internal sealed class LedgerSamples
{
    public LedgerSamples(int validators)
    {
        Keys = [.. Enumerable.Range(0, validators).Select(index => Key($"identity {index}"))];
        Genesis = new Genesis("test-net", 1_700_000_000_000, new LedgerParameters(), Keys.Select((key, index) =>
            new Validator($"node-{index:00}", key.PublicKey, Key($"cosigning {index}").PublicKey)));
    }

    public ImmutableArray<Ed25519PrivateKey> Keys { get; }
    public Genesis Genesis { get; }
    public ValidatorSet Validators => Genesis.Validators;

    public static Ed25519PrivateKey Key(string name) => new(Hash256.Of(Encoding.UTF8.GetBytes(name)).ToArray());

    public BlockHeader Header(int transactions = 0) => new(
        Genesis.Network, 7, Hash256.Of("previous"u8), 1_700_000_070_000, Keys[0].PublicKey, 12, Hash256.Of("log"u8), transactions,
        Hash256.Of("transactions"u8), Hash256.Of("state"u8), Validators.Hash, Validators.Hash, Genesis.Parameters.Hash);

    public CommitCertificate Certificate(BlockHeader header, params int[] signers) =>
        new(header.Network, header.Height, 2, header.Id(),
            [.. signers.Select(index => SignedVote.Sign(
                new Vote(VoteKind.Precommit, header.Network, header.Height, 2, header.Id()), index, Keys[index]).Signature)]);

    public static LedgerEntry Anchor(Guid session, Ed25519PublicKey recorder) => LedgerEntry.Parse(new RecordWriter()
        .Line("lucid.anchor/1"u8).Line(session).Line(recorder.ToString()).Line(Hash256.Of("manifest"u8)).Line(Hash256.Of("root"u8))
        .Line(Hash256.Of("owner"u8)).Line(1_700_000_000_123).Line(42UL).ToArray());

    public static LedgerEntry Erasure(Guid session, Ed25519PublicKey recorder) => LedgerEntry.Parse(new RecordWriter()
        .Line("lucid.erasure/1"u8).Line(session).Line(recorder.ToString()).Line(Hash256.Of("manifest"u8)).Line(1_700_000_000_456)
        .ToArray());

    public AnchorBatch Batch(Ed25519PrivateKey recorder) => AnchorBatch.Create(
        Genesis.Network, recorder.PublicKey,
        [Anchor(new Guid("01890000-0000-7000-8000-000000000001"), recorder.PublicKey),
         Erasure(new Guid("01890000-0000-7000-8000-000000000002"), recorder.PublicKey)],
        message => recorder.Sign(message.Span));
}
