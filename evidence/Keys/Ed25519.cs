using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Curve = Org.BouncyCastle.Math.EC.Rfc8032.Ed25519;

namespace Lucid.Evidence.Keys;

/// <summary>An Ed25519 private key (RFC 8032): a 32-byte seed. Deterministic: the same message always gives the same signature.</summary>
public sealed class Ed25519PrivateKey
{
    private readonly byte[] _seed;

    /// <param name="seed">Exactly 32 secret bytes; a copy is kept.</param>
    public Ed25519PrivateKey(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != Curve.SecretKeySize)
            throw new ArgumentException($"An Ed25519 seed has {Curve.SecretKeySize} bytes, not {seed.Length}.", nameof(seed));
        _seed = seed.ToArray();
        var point = new byte[Curve.PublicKeySize];
        Curve.GeneratePublicKey(_seed, 0, point, 0);
        PublicKey = new Ed25519PublicKey(point);
    }

    /// <summary>A new key from the system's source of randomness.</summary>
    public static Ed25519PrivateKey Generate() => new(RandomNumberGenerator.GetBytes(Curve.SecretKeySize));

    public Ed25519PublicKey PublicKey { get; }

    /// <summary>The 32 secret bytes, for whoever stores the key.</summary>
    public byte[] ExportSeed() => _seed.AsSpan().ToArray();

    /// <returns>64 bytes.</returns>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        var signature = new byte[Curve.SignatureSize];
        var input = message.ToArray();
        Curve.Sign(_seed, 0, PublicKey.Raw, 0, input, 0, input.Length, signature, 0);
        return signature;
    }
}

/// <summary>An Ed25519 public key: 32 bytes (RFC 8032), written as 64 lower-case hexadecimal digits.</summary>
[JsonConverter(typeof(Ed25519PublicKeyJsonConverter))]
public sealed class Ed25519PublicKey : IEquatable<Ed25519PublicKey>
{
    /// <param name="point">Exactly 32 bytes; a copy is kept. That they are a point of the curve is found out when a signature is verified.</param>
    public Ed25519PublicKey(ReadOnlySpan<byte> point)
    {
        if (point.Length != Curve.PublicKeySize)
            throw new ArgumentException($"An Ed25519 public key has {Curve.PublicKeySize} bytes, not {point.Length}.", nameof(point));
        Raw = point.ToArray();
    }

    internal byte[] Raw { get; }

    /// <summary>The 32 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => Raw;

    /// <summary>Whether <paramref name="signature"/> (64 bytes; any other length is simply not valid) is this key's over the message.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == Curve.SignatureSize && VerifyInPlace(new ArraySegment<byte>(message.ToArray()), signature.ToArray());

    // For messages and signatures that stand in arrays already: nothing is copied.
    internal bool VerifyInPlace(ArraySegment<byte> message, ArraySegment<byte> signature) =>
        signature.Count == Curve.SignatureSize &&
        Curve.Verify(signature.Array!, signature.Offset, Raw, 0, message.Array!, message.Offset, message.Count);

    public bool Equals(Ed25519PublicKey? other) => other is not null && Raw.AsSpan().SequenceEqual(other.Raw);
    public override bool Equals(object? obj) => Equals(obj as Ed25519PublicKey);
    public override int GetHashCode() => BitConverter.ToInt32(Raw);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Raw);
}

/// <summary>A public key as its hexadecimal text in JSON.</summary>
public sealed class Ed25519PublicKeyJsonConverter : JsonConverter<Ed25519PublicKey>
{
    public override Ed25519PublicKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Span<byte> point = stackalloc byte[Curve.PublicKeySize];
        var text = reader.GetString();
        if (text?.Length != 2 * Curve.PublicKeySize ||
            Convert.FromHexString(text, point, out _, out _) != System.Buffers.OperationStatus.Done)
            throw new JsonException("An Ed25519 public key is 64 hexadecimal digits.");
        return new Ed25519PublicKey(point);
    }

    public override void Write(Utf8JsonWriter writer, Ed25519PublicKey value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
