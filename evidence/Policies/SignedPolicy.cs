using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Policies;

/// <summary>
/// A version of a policy and its owner's signature in one file, which proves itself without a node:
/// <c>lucid.signed-policy/1\n&lt;signature, 130 hexadecimal digits&gt;\n</c> and the policy's exact bytes.
/// </summary>
/// <param name="Signature">Over the message of <see cref="PolicyStatement"/>, as wallets sign messages.</param>
/// <param name="Bytes">The policy's.</param>
public sealed record SignedPolicy(RecoverableSignature Signature, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Most bytes of a file.</summary>
    public const int MaxLength = TrustPolicy.MaxLength + 256;

    public byte[] Encode() => new RecordWriter().Line("lucid.signed-policy/1"u8).Line(Signature.ToString()).Raw(Bytes.Span).ToArray();

    /// <summary>Reads a file. Whose signature it is, <see cref="PolicyVerification"/> says.</summary>
    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static SignedPolicy Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength)
            throw new MalformedException("signed policy", $"it has {bytes.Length} bytes, at most {MaxLength} are allowed");
        var reader = new RecordReader("signed policy", bytes);
        reader.Literal("lucid.signed-policy/1"u8);
        var raw = reader.Hex("the signature", RecoverableSignature.Size);
        // With a v of 0 or 1 it would be a second text of the same signature.
        if (RecoverableSignature.Read(raw, out var fault) is not { } signature || !signature.ToArray().AsSpan().SequenceEqual(raw))
            throw new MalformedException("signed policy", $"line 2: the signature is not one ({fault})");
        var policy = bytes[reader.Position..].ToArray();
        TrustPolicy.Parse(policy);
        return new SignedPolicy(signature, policy);
    }
}
