using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Proofs;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Tests.Support;

/// <summary>
/// A small ledger in memory, with real keys and real signatures, the same in every run: what makes receipts, blocks and certificates for
/// tests that need true evidence. Nothing here needs a test framework, so that other test projects can link these files.
/// </summary>
public sealed class TestNetwork
{
    private readonly MerkleTree _log = new();
    private readonly Dictionary<string, Ed25519PrivateKey> _keys = [];
    private readonly string _seed;
    private ValidatorSet _next;

    /// <param name="validators">How many decide.</param>
    /// <param name="seed">Another seed gives another network with other keys.</param>
    public TestNetwork(int validators = 4, string seed = "test")
    {
        _seed = seed;
        var time = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        Genesis = new Genesis(seed, time, new LedgerParameters(), Make(validators, ""));
        Validators = _next = Genesis.Validators;
        Recorder = Key("recorder");
    }

    public Genesis Genesis { get; }

    public Hash256 Id => Genesis.Network;

    /// <summary>Who decides on the latest block.</summary>
    public ValidatorSet Validators { get; private set; }

    /// <summary>The identity key of the recorder, whose name is "alpha".</summary>
    public Ed25519PrivateKey Recorder { get; }

    /// <summary>The latest block, its certificate and its set; null before the first.</summary>
    public (BlockHeader Header, CommitCertificate Certificate, ValidatorSet Validators)? Latest { get; private set; }

    /// <summary>Lets other validators decide from the next block on.</summary>
    public void ChangeValidators(int count) => _next = new ValidatorSet(Id, Make(count, "later "));

    /// <summary>Makes the next block, 10 s after the one before, which appends these entries to the log.</summary>
    /// <returns>The log index of the first of them.</returns>
    public ulong Commit(params IEnumerable<LogEntry> entries)
    {
        var first = _log.Size;
        foreach (var entry in entries)
            _log.Append(entry.Hash());
        var height = (Latest?.Header.Height ?? 0) + 1;
        Validators = _next;
        var header = new BlockHeader(
            Id, height, Latest?.Header.Id() ?? Id, Genesis.TimeMs + ((long)height * 10_000), Validators.Validators[0].Identity,
            _log.Size, _log.Root(), 0, MerkleHash.Empty, Hash256.Zero, Validators.Hash, _next.Hash, Genesis.Parameters.Hash);
        Latest = (header, Certify(header), Validators);
        return first;
    }

    /// <summary>A certificate by the first <paramref name="signers"/> validators, by default just as many as are needed.</summary>
    public CommitCertificate Certify(BlockHeader header, int? signers = null, int round = 0)
    {
        var message = new Vote(VoteKind.Precommit, Id, header.Height, round, header.Id()).Encode();
        return new CommitCertificate(Id, header.Height, round, header.Id(), [.. Enumerable.Range(0, signers ?? Validators.Quorum)
            .Select(index => new IndexedSignature(index, Identity(index).Sign(message)))]);
    }

    /// <summary>The latest block's checkpoint, cosigned by the first <paramref name="signers"/> validators and signed by the log's key.</summary>
    public SignedNote Checkpoint(int? signers = null)
    {
        var header = Latest!.Value.Header;
        var text = new Checkpoint(LedgerName.LogOrigin(Id), header.LogSize, header.LogRoot).ToText();
        return SignedNote.Create(text, [
            new NoteSigner(LedgerName.LogOrigin(Id), Key("log")).Sign(text),
            .. Enumerable.Range(0, signers ?? Validators.Quorum).Select(index =>
                Cosignature.Sign(text, Validators.CosignerName(index), Cosigning(index), (header.TimeMs / 1000) + 1)),
        ]);
    }

    /// <summary>The receipt of a log entry under the latest block.</summary>
    public TlogProof Receipt(ulong index) => new(index, _log.ProveInclusion(index), Checkpoint());

    /// <summary>The identity key of a validator of the present set.</summary>
    public Ed25519PrivateKey Identity(int index) => _keys[Validators.Validators[index].Identity.ToString()];

    /// <summary>The cosigning key of a validator of the present set.</summary>
    public Ed25519PrivateKey Cosigning(int index) => _keys[Validators.Validators[index].Cosigning.ToString()];

    /// <summary>A key of this network, the same in every run.</summary>
    public Ed25519PrivateKey Key(string name)
    {
        var key = new Ed25519PrivateKey(Hash256.Of(Encoding.UTF8.GetBytes($"{_seed} {name}")).ToArray());
        _keys[key.PublicKey.ToString()] = key;
        return key;
    }

    private ImmutableArray<Validator> Make(int count, string era) =>
        [.. Enumerable.Range(1, count).Select(i => new Validator($"v{i:D2}", Key($"{era}identity {i}").PublicKey, Key($"{era}cosigning {i}").PublicKey))];
}
