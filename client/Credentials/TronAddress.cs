using Lucid.Evidence.Keys;
using Lucid.Evidence.Policies;

namespace Lucid.Client;

/// <summary>
/// The text of a TRON address: the byte 0x41 and the 20 bytes of an account's id in Base58Check (TRON's protocol document, "Account").
/// It has 34 characters and begins with T.
/// </summary>
public static class TronAddress
{
    private const byte Version = 0x41;

    /// <summary>How these wallets sign messages (TIP-191) and write their addresses.</summary>
    public static WalletScheme Wallets { get; } = new("TRON", Version);

    /// <summary>The address of whoever has that key.</summary>
    public static string Of(Secp256k1PublicKey key) => Base58Check.Encode([Version, .. key.AccountId()]);

    /// <summary>Whether it is the text of an address, so that a slip of the keyboard is found before a wallet is asked.</summary>
    public static bool Is(string text) =>
        Base58Check.Read(text, out _) is { Length: 1 + Secp256k1PublicKey.AccountIdSize } bytes && bytes[0] == Version;
}
