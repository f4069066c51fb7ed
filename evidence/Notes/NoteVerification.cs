using System.Collections.Immutable;

namespace Lucid.Evidence.Notes;

/// <summary>What the known keys say of a note's signatures.</summary>
/// <param name="Valid">The valid signatures, at most one for each key.</param>
/// <param name="Invalid">Signatures with a known key's name and id that this key does not verify.</param>
/// <param name="Unknown">Signatures of other keys. They mean nothing, for or against the note.</param>
public sealed record NoteVerification(
    ImmutableArray<VerifiedSignature> Valid, ImmutableArray<NoteSignature> Invalid, ImmutableArray<NoteSignature> Unknown)
{
    /// <summary>
    /// Whether the text may be read at all: a known key signed it, and no line says falsely that a known key did (C2SP signed-note,
    /// "Signatures"). How many and which keys are enough is the reader's policy, not the note's.
    /// </summary>
    public bool Accepted => Valid.Length > 0 && Invalid.IsEmpty;
}

/// <summary>A signature of a note that a known key verified.</summary>
/// <param name="Key">The key.</param>
/// <param name="Signature">Its line.</param>
/// <param name="UnixSeconds">When a cosigner says to have signed; null for a plain signature.</param>
public sealed record VerifiedSignature(NoteVerifierKey Key, NoteSignature Signature, long? UnixSeconds)
{
    internal static VerifiedSignature? TryVerify(ArraySegment<byte> text, NoteVerifierKey key, NoteSignature signature)
    {
        if (key.Type == NoteKeyType.Cosignature)
            return Cosignature.Verify(text, key, signature) is { } time ? new VerifiedSignature(key, signature, time) : null;
        var value = new ArraySegment<byte>(signature.Raw, NoteSignature.KeyIdSize, signature.Raw.Length - NoteSignature.KeyIdSize);
        return key.PublicKey.VerifyInPlace(text, value) ? new VerifiedSignature(key, signature, UnixSeconds: null) : null;
    }
}
