using System.Buffers.Text;
using FsCheck;
using FsCheck.Fluent;
using Lucid.Evidence.Keys;
using Lucid.GrainInterfaces.Identity;
using Lucid.Tests;

namespace Lucid.Grains.Tests.Identity;

public sealed class LoginChallengesTests
{
    private static readonly Secp256k1PrivateKey _wallet = new(Keccak256.HashData("wallet"u8));
    private static readonly WalletAddress _address = WalletAddress.Of(_wallet.PublicKey);
    private static readonly WalletAddress _other = WalletAddress.Of(new Secp256k1PrivateKey(Keccak256.HashData("other"u8)).PublicKey);
    private static readonly byte[] _key = Keccak256.HashData("key"u8);

    private readonly ManualClock _clock = new();
    private readonly LoginChallenges _challenges;

    public LoginChallengesTests() => _challenges = Challenges(_key);

    private LoginChallenges Challenges(byte[] key, string domain = "node.example", TimeSpan? lifetime = null) =>
        new(key, domain, lifetime ?? LoginChallenges.DefaultLifetime, _clock);

    [Fact]
    public void Check_WhatWasIssued_IsGoodAndGivesItsNonce()
    {
        var issued = _challenges.Issue(_address);
        Assert.Equal(("node.example", _address, _clock.GetUtcNow() + TimeSpan.FromMinutes(5)), (issued.Domain, issued.Address, issued.Expires));
        Assert.Equal(new ChallengeCheck(ChallengeVerdict.Ok, issued), _challenges.Check(issued.ToString(), _address));
        Assert.Equal(issued.Nonce, Challenges(_key).Check(issued.ToString(), _address).Message!.Nonce);
    }

    [Fact]
    public void Issue_ManyAtOnce_HaveDifferentNonces() =>
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => _challenges.Issue(_address).Nonce).Distinct().Count());

    [Fact]
    public void Check_AtItsEnd_IsExpired()
    {
        var issued = _challenges.Issue(_address).ToString();
        _clock.Advance(LoginChallenges.DefaultLifetime - TimeSpan.FromTicks(1));
        Assert.Equal(ChallengeVerdict.Ok, _challenges.Check(issued, _address).Verdict);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(new ChallengeCheck(ChallengeVerdict.Expired, null), _challenges.Check(issued, _address));
    }

    [Fact]
    public void Check_WithLaterExpiryWritten_IsNotOurs()
    {
        var issued = _challenges.Issue(_address);
        _clock.Advance(LoginChallenges.DefaultLifetime);
        var prolonged = new LoginMessage(issued.Domain, issued.Address, issued.Nonce, issued.Expires.AddSeconds(1));
        Assert.Equal(ChallengeVerdict.NotOurs, _challenges.Check(prolonged.ToString(), _address).Verdict);
    }

    [Fact]
    public void Check_OfAnotherDomain_SaysSoWhoeverIssuedIt()
    {
        var elsewhere = Challenges(_key, "other.example").Issue(_address);
        Assert.Equal(ChallengeVerdict.WrongDomain, _challenges.Check(elsewhere.ToString(), _address).Verdict);
        // And put under our name, it is still theirs.
        var renamed = new LoginMessage("node.example", elsewhere.Address, elsewhere.Nonce, elsewhere.Expires);
        Assert.Equal(ChallengeVerdict.NotOurs, _challenges.Check(renamed.ToString(), _address).Verdict);
    }

    [Fact]
    public void Check_OfAnotherAddress_SaysSo()
    {
        var issued = _challenges.Issue(_other);
        Assert.Equal(ChallengeVerdict.WrongAddress, _challenges.Check(issued.ToString(), _address).Verdict);
        var rewritten = new LoginMessage(issued.Domain, _address, issued.Nonce, issued.Expires);
        Assert.Equal(ChallengeVerdict.NotOurs, _challenges.Check(rewritten.ToString(), _address).Verdict);
    }

    [Fact]
    public void Check_WithAnotherKey_IsNotOurs() =>
        Assert.Equal(ChallengeVerdict.NotOurs, _challenges.Check(Challenges(new byte[32]).Issue(_address).ToString(), _address).Verdict);

    [Fact]
    public void Check_WithAnyBitOfTheNonceAltered_IsNotOurs()
    {
        var issued = _challenges.Issue(_address);
        var nonce = Base64Url.DecodeFromChars(issued.Nonce);
        for (var bit = 0; bit < 8 * nonce.Length; bit++)
        {
            nonce[bit / 8] ^= (byte)(1 << (bit % 8));
            var altered = new LoginMessage(issued.Domain, issued.Address, Base64Url.EncodeToString(nonce), issued.Expires);
            Assert.Equal(ChallengeVerdict.NotOurs, _challenges.Check(altered.ToString(), _address).Verdict);
            nonce[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Check_AnyText_HasAVerdictThatIsNotOk()
    {
        var text = _challenges.Issue(_address).ToString();
        var near = from place in Gen.Choose(0, text.Length - 1)
                   from other in ArbMap.Default.GeneratorFor<char>()
                   where text[place] != other
                   select text[..place] + other + text[(place + 1)..];
        Prop.ForAll(Gen.OneOf(ArbMap.Default.GeneratorFor<string>(), near).ToArbitrary(), each =>
        {
            var check = _challenges.Check(each, _address);
            Assert.NotEqual(ChallengeVerdict.Ok, check.Verdict);
            Assert.Null(check.Message);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
        Assert.NotEqual(ChallengeVerdict.Ok, default);
    }

    [Fact]
    public void Check_AndSignature_TogetherLetTheWalletIn()
    {
        var issued = _challenges.Issue(_address);
        var signature = _wallet.Sign(PersonalMessage.Digest(WalletSignature.Network, issued.ToArray()));
        var message = _challenges.Check(issued.ToString(), _address).Message!;
        Assert.Equal(WalletVerdict.Ok, WalletSignature.Check(message.Address, message.ToArray(), signature.ToString()).Verdict);
    }

    [Fact]
    public void Constructor_WhatCannotWork_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Challenges(new byte[31]));
        Assert.Throws<ArgumentException>(() => Challenges(_key, "Node.example"));
        Assert.Throws<ArgumentOutOfRangeException>(() => Challenges(_key, lifetime: TimeSpan.FromMilliseconds(999)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Challenges(_key, lifetime: LoginChallenges.MaxLifetime + TimeSpan.FromTicks(1)));
    }
}
