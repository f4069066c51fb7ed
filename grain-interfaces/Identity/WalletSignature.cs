using System.Buffers;
using Lucid.Evidence.Keys;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>
/// A wallet's signature over a message, as <c>signMessageV2</c> of TRON's wallets makes it (TIP-191): a <see cref="RecoverableSignature"/>
/// over <see cref="PersonalMessage.Digest"/> for "TRON", in hexadecimal digits. Hardware wallets differ in nothing but their v, 0 or 1 for 27 or 28.
/// </summary>
public static class WalletSignature
{
    /// <summary>The word in what is signed.</summary>
    public const string Network = "TRON";

    /// <summary>Hexadecimal digits in a signature, without the <c>0x</c> that may stand before them.</summary>
    public const int Digits = 2 * RecoverableSignature.Size;

    private const string Ethereum = "Ethereum";

    /// <summary>Whether the address signed the message. To refuse what somebody else signed costs five times as much as to accept a right one.</summary>
    /// <param name="message">The bytes that the wallet was asked to sign.</param>
    /// <param name="signature">130 hexadecimal digits of either case, with or without <c>0x</c> before them.</param>
    public static WalletCheck Check(WalletAddress address, ReadOnlySpan<byte> message, string? signature)
    {
        if (Read(signature, out var problem) is not { } read)
            return problem;
        var signer = SignerOf(read, PersonalMessage.Digest(Network, message));
        if (signer == address)
            return new WalletCheck(WalletVerdict.Ok, null);
        // These are refused all the same: only the reason is the user's, who would look for it in the wrong place otherwise.
        if (IsOfVersionOne(read, address, Network, message))
            return new WalletCheck(WalletVerdict.VersionOne,
                "The message was signed by version 1 of the wallet's interface, which does not say how long the message is: " +
                "call tronWeb.trx.signMessageV2, not sign or signMessage.");
        if (SignerOf(read, PersonalMessage.Digest(Ethereum, message)) == address || IsOfVersionOne(read, address, Ethereum, message))
            return new WalletCheck(WalletVerdict.EthereumPrefix,
                "The message was signed as one for Ethereum: update the hardware wallet's firmware and its TRON app, and sign with the TRON account.");
        return new WalletCheck(WalletVerdict.OtherAddress,
            $"This is not {address}'s signature over this message{(signer is null ? "" : $" (it would be {signer}'s)")}: choose {address} in the wallet, and sign the message exactly as it was given out.");
    }

    private static RecoverableSignature? Read(string? signature, out WalletCheck problem)
    {
        var digits = signature.AsSpan();
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            digits = digits[2..];
        Span<byte> bytes = stackalloc byte[RecoverableSignature.Size];
        if (digits.Length != Digits || Convert.FromHexString(digits, bytes, out _, out _) != OperationStatus.Done)
        {
            problem = new WalletCheck(WalletVerdict.Malformed, $"A wallet's signature has {Digits} hexadecimal digits: send what the wallet gave, as it is.");
            return null;
        }
        var read = RecoverableSignature.Read(bytes, out var fault);
        problem = fault == SignatureFault.HighS
            ? new WalletCheck(WalletVerdict.HighS, "The signature was mirrored after the wallet made it (its s is the higher of two): sign again, and send what the wallet gives, as it is.")
            : new WalletCheck(WalletVerdict.Malformed, fault == SignatureFault.RecoveryId
                ? $"The signature ends in {bytes[^1]:x2}, and a wallet's in 00, 01, 1b or 1c: send what the wallet gave, as it is."
                : "The signature's numbers are not in the curve's range: send what the wallet gave, as it is.");
        return read;
    }

    // Version 1 signs bytes that the page gives in hexadecimal digits: those of the message, or of its hash.
    private static bool IsOfVersionOne(RecoverableSignature signature, WalletAddress address, string network, ReadOnlySpan<byte> message) =>
        SignerOf(signature, PersonalMessage.DigestOfVersion1(network, message)) == address ||
        SignerOf(signature, PersonalMessage.DigestOfVersion1(network, Keccak256.HashData(message))) == address;

    private static WalletAddress? SignerOf(RecoverableSignature signature, ReadOnlySpan<byte> digest) =>
        signature.Recover(digest) is { } key ? WalletAddress.Of(key) : null;
}
