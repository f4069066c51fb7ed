using Lucid.Evidence.Keys;
using Lucid.Evidence.Notes;

namespace Lucid.Evidence.Records;

/// <summary>
/// The recorder's statement "this manifest is mine": a signed note over
/// <c>lucid.manifest/1\n&lt;network&gt;\n&lt;manifest sha256&gt;\n</c>, by its identity key alone.
/// </summary>
/// <param name="Network">The ledger that the manifest names.</param>
/// <param name="ManifestHash">SHA-256 of the manifest's bytes.</param>
public sealed record ManifestSignature(Hash256 Network, Hash256 ManifestHash)
{
    /// <summary>The text that is signed.</summary>
    public byte[] ToText() => new RecordWriter().Line("lucid.manifest/1"u8).Line(Network).Line(ManifestHash).ToArray();

    /// <summary>Signs a manifest.</summary>
    /// <param name="manifestBytes">The exact bytes of the manifest, from which network and recorder are taken.</param>
    /// <param name="identity">The private half of the key that the manifest names.</param>
    /// <exception cref="MalformedException">These are no manifest's bytes.</exception>
    /// <exception cref="ArgumentException">The manifest names another key as its recorder's.</exception>
    public static SignedNote Sign(ReadOnlySpan<byte> manifestBytes, Ed25519PrivateKey identity)
    {
        var manifest = Manifest.Parse(manifestBytes);
        if (!manifest.Recorder.Key.Equals(identity.PublicKey))
            throw new ArgumentException($"The manifest names the key {manifest.Recorder.Key}, not {identity.PublicKey}.", nameof(identity));
        var text = new ManifestSignature(manifest.Network, Hash256.Of(manifestBytes)).ToText();
        return RecorderNote.Sign(text, manifest.Network, manifest.Recorder.Name, identity);
    }

    /// <summary>Why <paramref name="note"/> is not the signature of this manifest by the recorder that it names, in one sentence; null
    /// where it is.</summary>
    public static string? FindFault(SignedNote note, Manifest manifest, ReadOnlySpan<byte> manifestBytes)
    {
        var expected = new ManifestSignature(manifest.Network, Hash256.Of(manifestBytes)).ToText();
        return note.TextBytes.SequenceEqual(expected)
            ? RecorderNote.FindFault(note, manifest.Network, manifest.Recorder.Name, manifest.Recorder.Key)
            : "it is over another text than this manifest's network and SHA-256";
    }
}
