using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;
using Lucid.Grains.Chain.Ports;

namespace Lucid.Silo.Ledger;

/// <summary>What makes a stored note a checkpoint of this network's log, so that no altered one is served.</summary>
public sealed class CheckpointRules(Genesis genesis, IValidatorKeys keys)
{
    private readonly string _origin = LedgerName.LogOrigin(genesis.Network);
    private readonly int _quorum = genesis.Validators.Quorum;

    private readonly ImmutableArray<NoteVerifierKey> _cosigners =
        [.. genesis.Validators.Validators.Select((validator, index) => NoteVerifierKey.For(genesis.Validators.CosignerName(index), NoteKeyType.Cosignature, validator.Cosigning))];

    private readonly NoteVerifierKey _log = NoteVerifierKey.For(LedgerName.LogOrigin(genesis.Network), NoteKeyType.Ed25519, keys.Log.PublicKey);

    /// <summary>What a lone validator signed is a function of the block, so it can be made again, bit for bit.</summary>
    public bool CanRemake => _quorum == 1;

    /// <exception cref="MalformedException">It is none of that size, or not signed by the log and a quorum.</exception>
    public void Check(ulong size, ReadOnlySpan<byte> note)
    {
        var signed = SignedNote.Parse(note);
        var checkpoint = Checkpoint.Parse(signed.TextBytes);
        if (checkpoint.Size != size || checkpoint.Origin != _origin)
            throw new MalformedException("checkpoint", $"it states size {checkpoint.Size} of {checkpoint.Origin}, and is kept as size {size} of {_origin}");
        if (!signed.Verify(_log).Accepted || signed.Verify(_cosigners).Valid.Length < _quorum)
            throw new MalformedException("checkpoint", $"that of size {size} does not have the signatures of the log and {_quorum} validators");
    }
}
