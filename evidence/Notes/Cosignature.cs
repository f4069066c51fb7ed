using System.Buffers.Binary;
using System.Text;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Notes;

/// <summary>
/// Timestamped Ed25519 cosignatures of checkpoints (C2SP tlog-cosignature, type 0x04). What is signed is
/// <c>cosignature/v1</c>, <c>time N</c> and the checkpoint's text; the signature line holds the time (8 bytes, big-endian) and the
/// signature (64 bytes). The message does not hold the cosigner's name: one key is one cosigner.
/// </summary>
public static class Cosignature
{
    private const int TimeSize = 8;

    /// <summary>The cosignature of a checkpoint.</summary>
    /// <param name="checkpointText">A checkpoint's text, extension lines included.</param>
    /// <param name="name">The cosigner's name.</param>
    /// <param name="key">The cosigning key, used for nothing else.</param>
    /// <param name="unixSeconds">When it is made: seconds since 1970, 0 to 2^63 - 1.</param>
    /// <exception cref="MalformedException">The text is no checkpoint.</exception>
    public static NoteSignature Sign(ReadOnlySpan<byte> checkpointText, string name, Ed25519PrivateKey key, long unixSeconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(unixSeconds);
        _ = Checkpoint.Parse(checkpointText);
        var verifier = NoteVerifierKey.For(name, NoteKeyType.Cosignature, key.PublicKey);
        var value = new byte[TimeSize + 64];
        BinaryPrimitives.WriteInt64BigEndian(value, unixSeconds);
        key.Sign(Message(checkpointText, unixSeconds)).CopyTo(value, TimeSize);
        return new NoteSignature(name, verifier.KeyId, value);
    }

    /// <summary>When <paramref name="key"/> cosigned this text, in seconds since 1970; null if the signature is not its cosignature of it.</summary>
    public static long? Verify(ReadOnlySpan<byte> checkpointText, NoteVerifierKey key, NoteSignature signature)
    {
        if (key.Type != NoteKeyType.Cosignature || !key.Matches(signature) || signature.Value.Length != TimeSize + 64)
            return null;
        var time = BinaryPrimitives.ReadInt64BigEndian(signature.Value);
        if (time < 0)
            return null;
        var message = new ArraySegment<byte>(Message(checkpointText, time));
        return key.PublicKey.VerifyInPlace(message, new ArraySegment<byte>(signature.Raw, NoteSignature.KeyIdSize + TimeSize, 64)) ? time : null;
    }

    private static byte[] Message(ReadOnlySpan<byte> checkpointText, long unixSeconds) =>
        [.. "cosignature/v1\ntime "u8, .. Encoding.ASCII.GetBytes(unixSeconds.ToString()), (byte)'\n', .. checkpointText];
}
