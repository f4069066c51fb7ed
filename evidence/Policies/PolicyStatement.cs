namespace Lucid.Evidence.Policies;

/// <summary>
/// What a wallet signs to put a version of a policy into force, below the 255 bytes of ASCII that hardware wallets sign:
/// <c>lucid.policy/1\n&lt;network&gt;\n&lt;policy&gt;\n&lt;version&gt;\n&lt;sha256&gt;\n</c>. The wallet shows it; the hash is what ties it to
/// the rules.
/// </summary>
public sealed record PolicyStatement(Hash256 Network, Guid Policy, int Version, Hash256 Sha256)
{
    /// <summary>The first line, by which it is told from whatever else is signed.</summary>
    public const string Kind = TrustPolicy.Format;

    /// <summary>Most bytes of a statement.</summary>
    public const int MaxLength = 255;

    /// <summary>The statement about these bytes.</summary>
    /// <exception cref="MalformedException">They are no policy.</exception>
    public static PolicyStatement Of(ReadOnlySpan<byte> policy)
    {
        var read = TrustPolicy.Parse(policy);
        return new PolicyStatement(read.Network, read.Policy, read.Version, Hash256.Of(policy));
    }

    /// <summary>The bytes that the wallet signs, as its message.</summary>
    public byte[] Encode() => new RecordWriter().Line(Kind).Line(Network).Line(Policy).Line((long)Version).Line(Sha256).ToArray();

    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static PolicyStatement Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("policy statement", bytes);
        reader.Literal("lucid.policy/1"u8);
        var network = reader.Hash("the network's id");
        var policy = reader.Session();
        var version = reader.SmallNumber("the version", TrustPolicy.MaxVersions);
        var hash = reader.Hash("the policy's SHA-256");
        reader.End();
        return new PolicyStatement(network, policy, version, hash);
    }
}
