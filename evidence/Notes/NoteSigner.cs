using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Notes;

/// <summary>
/// A private key that signs notes with plain Ed25519 signatures (type 0x01). What it signs is the text itself, so the text must say
/// what kind of statement it is: the same key must never sign two kinds that could be taken for each other.
/// </summary>
public sealed class NoteSigner
{
    private readonly Ed25519PrivateKey _key;

    /// <param name="name">The key's name in signature lines (<see cref="NoteVerifierKey.IsName"/>).</param>
    public NoteSigner(string name, Ed25519PrivateKey key)
    {
        _key = key;
        VerifierKey = NoteVerifierKey.For(name, NoteKeyType.Ed25519, key.PublicKey);
    }

    public string Name => VerifierKey.Name;

    /// <summary>What others verify this signer's signatures with.</summary>
    public NoteVerifierKey VerifierKey { get; }

    /// <summary>The signature line for <paramref name="text"/> (UTF-8, ended by a newline, no other control characters).</summary>
    /// <exception cref="ArgumentException">The text cannot be a note's.</exception>
    public NoteSignature Sign(ReadOnlySpan<byte> text)
    {
        SignedNote.RequireText(text);
        return new NoteSignature(Name, VerifierKey.KeyId, _key.Sign(text));
    }

    /// <summary>A note of <paramref name="text"/> with this one signature.</summary>
    /// <exception cref="ArgumentException">The text cannot be a note's.</exception>
    public SignedNote SignNote(ReadOnlySpan<byte> text) => SignedNote.Create(text, Sign(text));
}
