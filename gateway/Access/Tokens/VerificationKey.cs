using System.Security.Cryptography;
using Microsoft.Extensions.ObjectPool;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>A public key that verifies signatures of ES256, from any number of threads at once.</summary>
public sealed class VerificationKey
{
    /// <summary>R and S, 32 bytes each (RFC 7518 section 3.4).</summary>
    public const int SignatureSize = 64;

    // An ECDsa promises nothing to two threads at once, and a lock would verify on one core only.
    private readonly ObjectPool<ECDsa> _keys;

    /// <param name="notAfter">From when on it verifies nothing more; null for ever.</param>
    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public VerificationKey(JsonWebKey key, DateTimeOffset? notAfter = null)
    {
        (Key, NotAfter) = (key, notAfter);
        _keys = new DefaultObjectPool<ECDsa>(new Policy(key));
        _keys.Return(_keys.Get());
    }

    public JsonWebKey Key { get; }
    public DateTimeOffset? NotAfter { get; }

    /// <param name="hash">The SHA-256 of what was signed.</param>
    /// <param name="signature">Of any length; of another than <see cref="SignatureSize"/> it is wrong.</param>
    public bool Verifies(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureSize)
            return false;
        var key = _keys.Get();
        try
        {
            return key.VerifyHash(hash, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        finally
        {
            _keys.Return(key);
        }
    }

    private sealed class Policy(JsonWebKey key) : IPooledObjectPolicy<ECDsa>
    {
        public ECDsa Create() => ECDsa.Create(key.ToParameters());
        public bool Return(ECDsa obj) => true;
    }
}
