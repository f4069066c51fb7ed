using Lucid.Evidence;
using Lucid.Evidence.Notes;

namespace Lucid.Grains.Chain;

/// <summary>The log's checkpoint after a block, signed.</summary>
internal static class CheckpointNote
{
    /// <summary>
    /// The note with this validator's cosignature and the log key's line. Null where one cosignature is not the quorum: then the others' have
    /// to be gathered before anything is published.
    /// </summary>
    public static SignedNote? Make(LedgerNode ledger, ulong logSize, Hash256 logRoot, long blockTimeMs)
    {
        var me = ledger.Validators.IndexOf(ledger.Keys.Identity.PublicKey);
        if (me < 0 || ledger.Validators.Quorum > 1)
            return null;
        var text = new Checkpoint(ledger.Origin, logSize, logRoot).ToText();
        // The block's own time, so that every cosignature of this block, made now or after a restart, is the same.
        var cosignature = Cosignature.Sign(text, ledger.Validators.CosignerName(me), ledger.Keys.Cosigning, blockTimeMs / 1000);
        var log = new NoteSigner(ledger.Origin, ledger.Keys.Log).Sign(text);
        return SignedNote.Create(text, log, cosignature);
    }
}
