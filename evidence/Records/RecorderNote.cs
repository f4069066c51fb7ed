using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;

namespace Lucid.Evidence.Records;

/// <summary>
/// What a recorder signs is a note with exactly one signature: its own, by its identity key, under the name
/// <c>lucid/&lt;network id&gt;/&lt;recorder name&gt;</c>.
/// </summary>
internal static class RecorderNote
{
    public static SignedNote Sign(ReadOnlySpan<byte> text, Hash256 network, string recorder, Ed25519PrivateKey identity) =>
        new NoteSigner(LedgerName.NoteKey(network, recorder), identity).SignNote(text);

    /// <summary>Why the note is not that recorder's, in one sentence; null where it is.</summary>
    public static string? FindFault(SignedNote note, Hash256 network, string recorder, Ed25519PublicKey identity)
    {
        if (note.Signatures.Length != 1)
            return $"it has {note.Signatures.Length} signatures, expected is the recorder's alone";
        var key = NoteVerifierKey.For(LedgerName.NoteKey(network, recorder), NoteKeyType.Ed25519, identity);
        if (!key.Matches(note.Signatures[0]))
            return $"it is signed under the name {note.Signatures[0].Name}, expected is {key.Name} with key {identity}";
        return note.Verify(key).Accepted ? null : $"the signature is not {recorder}'s ({identity}) over this text";
    }
}
