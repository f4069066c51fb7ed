using System.Globalization;
using System.Text;

namespace Lucid.Evidence.Keys;

/// <summary>
/// What a wallet signs when its owner signs a message: Keccak-256 over the byte 0x19, the network's name, <c> Signed Message:\n</c>, the
/// message's length in bytes as a decimal, and the message (EIP-191 version 0x45, and TIP-191 like it). The name keeps a signature
/// for one network from being one for another, the length from being one over a longer message, and the byte from being a transaction's.
/// </summary>
public static class PersonalMessage
{
    /// <param name="network">The name, as wallets write it: "Ethereum", say. 1 to 32 printable ASCII characters.</param>
    /// <returns>32 bytes, for <see cref="Secp256k1PrivateKey.Sign"/> and <see cref="RecoverableSignature.Recover"/>.</returns>
    public static byte[] Digest(string network, ReadOnlySpan<byte> message) =>
        Digest(network, message.Length.ToString(CultureInfo.InvariantCulture), message);

    /// <summary>
    /// As version 1 of the wallets' interface made it: with "32", the length of a hash, whatever the message's own is. A signature so made over
    /// a message that begins with a digit can be shown as one over another message. Only for telling who still signs so.
    /// </summary>
    public static byte[] DigestOfVersion1(string network, ReadOnlySpan<byte> message) => Digest(network, "32", message);

    private static byte[] Digest(string network, string length, ReadOnlySpan<byte> message)
    {
        if (network.Length is < 1 or > 32 || network.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new ArgumentException($"A network's name is 1 to 32 printable ASCII characters, not '{network}'.", nameof(network));
        return Keccak256.HashData([0x19, .. Encoding.ASCII.GetBytes($"{network} Signed Message:\n{length}"), .. message]);
    }
}
