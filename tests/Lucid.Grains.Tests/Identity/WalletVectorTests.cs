using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Tests;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Tests.Identity;

/// <summary>What tronweb makes of keys, messages and transactions.</summary>
public sealed class WalletVectorTests
{
    private static JsonElement[] Cases(string list)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(VectorFolder.Find("tron.json")));
        return [.. document.RootElement.GetProperty(list).Clone().EnumerateArray()];
    }

    private static string Text(JsonElement test, string name) => test.GetProperty(name).GetString()!;

    private static byte[] Hex(JsonElement test, string name) => Convert.FromHexString(Text(test, name).Replace("0x", "", StringComparison.Ordinal));

    [Fact]
    public void Address_OfEveryAccount_IsTheWallets() => VectorFolder.RunAll(Cases("accounts"), test => Text(test, "base58"), test =>
    {
        var key = new Secp256k1PrivateKey(Hex(test, "pk")).PublicKey;
        Assert.Equal(key, Secp256k1PublicKey.Parse(Hex(test, "pub").AsSpan(1)));
        var address = WalletAddress.Of(key);
        Assert.Equal(Text(test, "base58"), address.ToString());
        Assert.Equal(address, WalletAddress.Parse(Text(test, "base58")));
        Assert.Equal(Text(test, "hex"), Convert.ToHexStringLower(Base58Check.Decode(address.ToString())));
    });

    [Fact]
    public void Message_OfEveryWallet_IsHashedSignedAndAcceptedAsTheWalletsDo() => VectorFolder.RunAll(Cases("messages"), test => Text(test, "signature"), test =>
    {
        var message = test.TryGetProperty("message_utf8", out var text) ? Encoding.UTF8.GetBytes(text.GetString()!) : Hex(test, "message_hex");
        var digest = PersonalMessage.Digest(WalletSignature.Network, message);
        Assert.Equal(Hex(test, "hash"), digest);
        // RFC 6979 on both sides, so even our signature is the same.
        Assert.Equal(Hex(test, "signature"), new Secp256k1PrivateKey(Hex(test, "pk")).Sign(digest).ToArray());
        var address = WalletAddress.Parse(Text(test, "address"));
        var signature = Text(test, "signature");
        Assert.Equal(WalletVerdict.Ok, WalletSignature.Check(address, message, signature).Verdict);
        Assert.Equal(WalletVerdict.OtherAddress, WalletSignature.Check(address, [.. message, 0], signature).Verdict);
        Assert.Equal(WalletVerdict.OtherAddress, WalletSignature.Check(default, message, signature).Verdict);
    });

    [Fact]
    public void Transaction_OfEveryWallet_IsSignedBySender() => VectorFolder.RunAll(Cases("trc20"), test => Text(test, "txID"), test =>
    {
        var id = SHA256.HashData(Hex(test, "raw_data_hex"));
        Assert.Equal(Hex(test, "txID"), id);
        var signature = RecoverableSignature.Read(Hex(test, "signature"), out _)!;
        Assert.Equal(signature, new Secp256k1PrivateKey(Hex(test, "pk")).Sign(id));
        Assert.Equal(WalletAddress.Parse(Text(test, "from")), WalletAddress.Of(signature.Recover(id)!));
        WalletAddress.Parse(Text(test, "to"));
    });

    [Fact]
    public void Address_EveryMutatedOne_IsRefused() => VectorFolder.RunAll(Cases("bad_addresses"), test => Text(test, "address"), test =>
    {
        Assert.False(test.GetProperty("isAddress").GetBoolean());
        Assert.False(WalletAddress.TryParse(Text(test, "address"), out _));
    });
}
