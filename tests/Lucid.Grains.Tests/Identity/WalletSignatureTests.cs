using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Lucid.Evidence.Keys;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Tests.Identity;

public sealed class WalletSignatureTests
{
    private static readonly Secp256k1PrivateKey _key = new(Keccak256.HashData("wallet"u8));
    private static readonly Secp256k1PrivateKey _other = new(Keccak256.HashData("other"u8));
    private static readonly WalletAddress _address = WalletAddress.Of(_key.PublicKey);
    private static readonly byte[] _message = "node.example login\nand so on"u8.ToArray();
    private static readonly byte[] _good = _key.Sign(PersonalMessage.Digest("TRON", _message)).ToArray();

    private static WalletCheck Check(string? signature) => WalletSignature.Check(_address, _message, signature);

    private static WalletCheck Check(byte[] signature) => Check(Convert.ToHexString(signature));

    [Fact]
    public void Check_InEverySpellingOfTheDigits_IsAccepted()
    {
        var (upper, lower) = (Convert.ToHexString(_good), Convert.ToHexStringLower(_good));
        foreach (var text in new[] { upper, lower, "0x" + upper, "0x" + lower, "0X" + lower })
            Assert.Equal(new WalletCheck(WalletVerdict.Ok, null), Check(text));
    }

    [Fact]
    public void Check_AHardwareWalletsV_IsAcceptedAndTheWrongOneRefused()
    {
        var v = _good[64];
        Assert.Equal(WalletVerdict.Ok, Check([.. _good[..64], (byte)(v - 27)]).Verdict);
        Assert.Equal(WalletVerdict.OtherAddress, Check([.. _good[..64], (byte)(55 - v)]).Verdict);
        Assert.Equal(WalletVerdict.OtherAddress, Check([.. _good[..64], (byte)(28 - v)]).Verdict);
        foreach (var wrong in new byte[] { 2, 3, 26, 29, 30, 31, 37, 255 })
            Assert.Equal(WalletVerdict.Malformed, Check([.. _good[..64], wrong]).Verdict);
    }

    [Fact]
    public void Check_TheMirroredSignature_IsHighS()
    {
        var order = BigInteger.Parse("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", System.Globalization.NumberStyles.HexNumber);
        var s = (order - new BigInteger(_good.AsSpan(32, 32), isUnsigned: true, isBigEndian: true)).ToByteArray(isUnsigned: true, isBigEndian: true);
        Assert.Equal(WalletVerdict.HighS, Check([.. _good[..32], .. s, (byte)(55 - _good[64])]).Verdict);
    }

    [Fact]
    public void Check_SignedByAnother_NamesBothAddresses()
    {
        var check = Check(_other.Sign(PersonalMessage.Digest("TRON", _message)).ToArray());
        Assert.Equal(WalletVerdict.OtherAddress, check.Verdict);
        Assert.Contains(_address.ToString(), check.Problem, StringComparison.Ordinal);
        Assert.Contains(WalletAddress.Of(_other.PublicKey).ToString(), check.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OverAnotherMessage_IsRefused()
    {
        for (var bit = 0; bit < 8 * _message.Length; bit += 9)
        {
            var altered = _message.AsSpan().ToArray();
            altered[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(WalletVerdict.OtherAddress, WalletSignature.Check(_address, altered, Convert.ToHexString(_good)).Verdict);
        }
    }

    [Fact]
    public void Check_SignedInOldAndOtherWays_SaysWhich()
    {
        byte[] Version1(string network, byte[] message) => Keccak256.HashData([0x19, .. System.Text.Encoding.ASCII.GetBytes(network + " Signed Message:\n32"), .. message]);
        Assert.Equal(WalletVerdict.VersionOne, Check(_key.Sign(Version1("TRON", _message)).ToArray()).Verdict);
        Assert.Equal(WalletVerdict.VersionOne, Check(_key.Sign(Version1("TRON", Keccak256.HashData(_message))).ToArray()).Verdict);
        Assert.Equal(WalletVerdict.EthereumPrefix, Check(_key.Sign(PersonalMessage.Digest("Ethereum", _message)).ToArray()).Verdict);
        Assert.Equal(WalletVerdict.EthereumPrefix, Check(_key.Sign(Version1("Ethereum", _message)).ToArray()).Verdict);
        Assert.Equal(WalletVerdict.OtherAddress, Check(_key.Sign(PersonalMessage.Digest("Tron", _message)).ToArray()).Verdict);
        Assert.Equal(WalletVerdict.OtherAddress, Check(_key.Sign(Keccak256.HashData(_message)).ToArray()).Verdict);
        // By another wallet they are just another wallet's.
        Assert.Equal(WalletVerdict.OtherAddress, Check(_other.Sign(Version1("TRON", _message)).ToArray()).Verdict);
        Assert.Equal(WalletVerdict.OtherAddress, Check(_other.Sign(PersonalMessage.Digest("Ethereum", _message)).ToArray()).Verdict);
    }

    [Fact]
    public void Check_AMessageOf32Bytes_IsTheSameInBothVersionsAndAccepted()
    {
        // Version 1 differs by the length alone, so where that is right there is nothing to refuse.
        var message = new byte[32];
        var signature = _key.Sign(PersonalMessage.DigestOfVersion1("TRON", message));
        Assert.Equal(WalletVerdict.Ok, WalletSignature.Check(_address, message, signature.ToString()).Verdict);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("0x0x")]
    [InlineData("zz")]
    public void Check_NoSignature_IsMalformed(string? signature) => Assert.Equal(WalletVerdict.Malformed, Check(signature).Verdict);

    [Fact]
    public void Check_NearlyASignature_IsMalformed()
    {
        var text = Convert.ToHexStringLower(_good);
        foreach (var near in new[] { text[1..], text + "0", text + "00", " " + text, text + "\n", " " + text[1..], text[..129] + "g", "x0" + text, "00" + text, text[..60] + "٣" + text[61..] })
            Assert.Equal(WalletVerdict.Malformed, Check(near).Verdict);
        Assert.Equal(WalletVerdict.Malformed, Check(new byte[65]).Verdict);
        Assert.Equal(WalletVerdict.Malformed, Check([.. Enumerable.Repeat((byte)0xff, 64), 27]).Verdict);
    }

    [Fact]
    public void Check_AnyText_HasAVerdictThatIsNotOkAndAProblem()
    {
        var hex = Gen.Elements("0123456789abcdefABCDEFx ".ToCharArray()).ArrayOf(130).Select(characters => new string(characters));
        var altered = from place in Gen.Choose(0, 129)
                      from digit in Gen.Elements("0123456789abcdefg".ToCharArray())
                      let text = Convert.ToHexStringLower(_good)
                      where text[place] != digit
                      select text[..place] + digit + text[(place + 1)..];
        Prop.ForAll(Gen.OneOf(ArbMap.Default.GeneratorFor<string>(), hex, altered).ToArbitrary(), text =>
        {
            var check = Check(text);
            // The one other way to write the same signature: v without its 27.
            Assert.True(check.Verdict != WalletVerdict.Ok || text[..128] == Convert.ToHexStringLower(_good)[..128]);
            Assert.Equal(check.Verdict == WalletVerdict.Ok, check.Problem is null);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Default_OfTheVerdicts_LetsNobodyIn() => Assert.NotEqual(WalletVerdict.Ok, default);
}
