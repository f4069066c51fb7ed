using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Lucid.Gateway.Access.Tokens;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Access.Tokens;

public sealed class TokenVerifierTests : IDisposable
{
    private const string Issuer = "lucid/test";
    private static readonly DateTimeOffset _now = new(2026, 1, 31, 12, 0, 0, 123, TimeSpan.Zero);

    private readonly TokenSigner _signer = TokenSigner.Generate();
    private readonly TokenVerifier _verifier = new(Issuer);

    private VerificationKeys Keys => field ??= new VerificationKeys([new VerificationKey(_signer.PublicKey)]);

    public void Dispose() => _signer.Dispose();

    [Theory]
    [InlineData(Role.User)]
    [InlineData(Role.NodeOperator)]
    [InlineData(Role.Admin)]
    [InlineData(Role.SuperAdmin)]
    public void Token_Signed_IsReadBack(Role role)
    {
        var token = Token() with { Role = role };
        Assert.Equal(TokenVerdict.Accepted, Verify(_signer.Sign(token), out var read));
        Assert.Equal(token, read);
        Assert.Equal(new Caller(token.Subject, role) { Login = token.LoginSession }, read!.Caller);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-29.999)]
    [InlineData(929.876)]
    public void Token_WithinItsTimeAndTheSkew_IsAccepted(double after) =>
        Assert.Equal(TokenVerdict.Accepted, Verify(_signer.Sign(Token()), out _, _now.AddSeconds(after)));

    [Theory]
    [InlineData(-30.2, TokenVerdict.NotYetValid)]
    [InlineData(-100_000, TokenVerdict.NotYetValid)]
    [InlineData(929.878, TokenVerdict.Expired)]
    [InlineData(100_000_000, TokenVerdict.Expired)]
    public void Token_BeforeOrAfterItsTime_IsRefusedAsThat(double after, TokenVerdict verdict) =>
        Assert.Equal(verdict, Verify(_signer.Sign(Token()), out _, _now.AddSeconds(after)));

    [Fact]
    public void Token_OfAnotherNetwork_IsRefusedAsThat() =>
        Assert.Equal(TokenVerdict.WrongIssuer, Verify(_signer.Sign(Token() with { Issuer = "lucid/other" }), out _));

    [Fact]
    public void Token_OfAKeyThatIsUnknownOrHasEnded_IsRefusedAsThat()
    {
        using var other = TokenSigner.Generate();
        Assert.Equal(TokenVerdict.UnknownKey, Verify(other.Sign(Token()), out _));
        var ended = new VerificationKeys([new VerificationKey(_signer.PublicKey, _now)]);
        Assert.Equal(TokenVerdict.UnknownKey, _verifier.Verify(Encoding.ASCII.GetBytes(_signer.Sign(Token())), ended, _now, out _));
        Assert.Equal(TokenVerdict.Accepted, _verifier.Verify(Encoding.ASCII.GetBytes(_signer.Sign(Token())), ended, _now.AddMilliseconds(-1), out _));
    }

    [Fact]
    public void Token_OfAnotherKeyByTheSameName_HasABadSignature()
    {
        using var other = TokenSigner.Generate();
        var impostor = new VerificationKeys([new VerificationKey(new JsonWebKey(_signer.PublicKey.KeyId, other.PublicKey.X, other.PublicKey.Y))]);
        Assert.Equal(TokenVerdict.BadSignature, _verifier.Verify(Encoding.ASCII.GetBytes(_signer.Sign(Token())), impostor, _now, out _));
    }

    public static TheoryData<string> Headers =>
    [
        "", "x", "[]", "null", "{}", """{"alg":"ES256"}""", """{"kid":"KID"}""",
        """{"typ":"at+jwt","alg":"none","kid":"KID"}""", """{"typ":"at+jwt","alg":"HS256","kid":"KID"}""", """{"typ":"at+jwt","alg":"es256","kid":"KID"}""",
        """{"typ":"at+jwt","alg":"ES384","kid":"KID"}""", """{"typ":"at+jwt","alg":"ES256K","kid":"KID"}""", """{"typ":"at+jwt","alg":"RS256","kid":"KID"}""",
        """{"typ":"at+jwt","alg":"ES256","kid":""}""", """{"typ":"at+jwt","alg":"ES256","kid":1}""", """{"typ":"at+jwt","alg":"ES256","kid":null}""",
        """{"typ":"at+jwt","alg":"ES256","alg":"ES256","kid":"KID"}""", """{"typ":"at+jwt","alg":"ES256","kid":"KID","kid":"KID"}""",
        """{"typ":"at+jwt","typ":"at+jwt","alg":"ES256","kid":"KID"}""", """{"typ":"at+jwt","alg":"ES256","\u0061lg":"ES256","kid":"KID"}""",
        """{"typ":"at+jwt","alg":"ES256","kid":"KID","crit":["exp"],"exp":1}""", """{"typ":"at+jwt","alg":"ES256","kid":"KID","crit":[]}""",
        """{"typ":"at+jwt","alg":"ES256","kid":"KID","b64":false}""", """{"typ":"at+jwt","alg":"ES256","kid":"KID","zip":"DEF"}""",
        """{"typ":"at+jwt","alg":"ES256","kid":"KID","jwk":{"kty":"EC"}}""", """{"typ":"at+jwt","alg":"ES256","kid":"KID"}x""", """{"typ":"at+jwt","alg":"ES256","kid":"KID"}{}""",
        """{"typ":"at+jwt","alg":"ES256","kid":"KID",}""", """{"typ":"at+jwt","alg":"ES256","kid":"KID"/**/}""", """{"typ":"at+jwt","alg":"ES\u0032\u0035\u0036","kid":"KID"}""",
        // Signed, and no access token.
        """{"alg":"ES256","kid":"KID"}""", """{"typ":"JWT","alg":"ES256","kid":"KID"}""", """{"typ":"AT+JWT","alg":"ES256","kid":"KID"}""",
    ];

    [Theory]
    [MemberData(nameof(Headers))]
    public void Header_NotOurs_IsMalformed(string header)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(_signer.ExportPem());
        var payload = Part(_signer.Sign(Token()), 1);
        var text = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.Replace("KID", _signer.PublicKey.KeyId, StringComparison.Ordinal)))}.{payload}";
        Assert.Equal(TokenVerdict.Malformed, Verify($"{text}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256))}", out _));
    }

    [Theory]
    [InlineData("\"iss\":\"lucid/test\",", "")]
    [InlineData("\"sub\":\"somebody\",", "")]
    [InlineData("\"role\":\"admin\",", "")]
    [InlineData("\"role\":\"admin\"", "\"role\":\"ADMIN\"")]
    [InlineData("\"role\":\"admin\"", "\"role\":\"root\"")]
    [InlineData("\"role\":\"admin\"", "\"role\":3")]
    [InlineData("\"role\":\"admin\"", "\"role\":[\"admin\"]")]
    [InlineData("\"role\":\"admin\"", "\"role\":\"admin\",\"role\":\"super_admin\"")]
    [InlineData("\"role\":\"admin\"", "\"role\":\"admin\",\"only_session\":\"x\"")]
    [InlineData("\"sub\":\"somebody\"", "\"sub\":\"\"")]
    [InlineData("\"sub\":\"somebody\"", "\"sub\":\"some\\u0062ody\"")]
    [InlineData("\"sub\":\"somebody\"", "\"sub\":\"sömebody\"")]
    [InlineData("\"sub\":\"somebody\"", "\"sub\":null")]
    [InlineData("\"sid\":\"01", "\"sid\":\"0")]
    [InlineData("\"sid\":\"01", "\"sid\":\"{01")]
    [InlineData("f\",\"jti\"", "F\",\"jti\"")]
    [InlineData(".123,", ",")]
    [InlineData(".123,", ".12,")]
    [InlineData(".123,", ".1234,")]
    [InlineData(".123,", "e3,")]
    [InlineData("\"nbf\":1", "\"nbf\":-1")]
    [InlineData("\"nbf\":1", "\"nbf\":01")]
    [InlineData("\"nbf\":", "\"nbf\":0.")]
    [InlineData("\"nbf\":", "\"nbf\":\"")]
    [InlineData("\"exp\":1", "\"exp\":99999999999991")]
    [InlineData("\"exp\":1", "\"exp\":2")]
    [InlineData("\"exp\":17", "\"exp\":16")]
    [InlineData("}", "}}")]
    [InlineData("}", "} x")]
    [InlineData("}", "")]
    public void Claims_NotOurs_AreMalformed(string written, string changed)
    {
        var claims = Encoding.UTF8.GetString(AccessTokenClaims.Write(Token()));
        Assert.Contains(written, claims, StringComparison.Ordinal);
        Assert.Equal(TokenVerdict.Malformed, Verify(_signer.Sign(Encoding.UTF8.GetBytes(claims.Replace(written, changed, StringComparison.Ordinal))), out _));
    }

    [Fact]
    public void Token_OfManyParts_OrTooLong_OrInAnotherSpelling_IsMalformed()
    {
        var good = _signer.Sign(Token());
        foreach (var bad in new[]
        {
            "", ".", "..", "a.b.c", good + ".", "." + good, good + "=", good + " ", good.Replace('.', ','), $"{Part(good, 0)}.{Part(good, 1)}",
            $"{Part(good, 0)}.{Part(good, 1)}=.{Part(good, 2)}", $"{Part(good, 0)}.{Part(good, 1)}\n.{Part(good, 2)}", $"{Part(good, 0)}.{Part(good, 1)}.{Part(good, 2)[..^2]}", new string('a', 5000),
            $"{Part(good, 0)}.{new string('a', 4000)}.{Part(good, 2)}",
        })
            Assert.Equal(TokenVerdict.Malformed, Verify(bad, out _));
        Assert.Equal(TokenVerdict.Malformed, Verify(_signer.Sign(new byte[3000]), out _));
        // A payload may be empty; whose it is, the signature says.
        Assert.Equal(TokenVerdict.BadSignature, Verify($"{Part(good, 0)}..{Part(good, 2)}", out _));
        Assert.Equal(TokenVerdict.Malformed, Verify(_signer.Sign(""u8), out _));
    }

    [Fact]
    public void Signature_OfZeros_OrWithAnHalfOfZeros_IsBad()
    {
        var good = _signer.Sign(Token());
        var signature = Base64Url.DecodeFromChars(Part(good, 2));
        foreach (var bad in new[] { new byte[64], [.. new byte[32], .. signature[32..]], [.. signature[..32], .. new byte[32]], (byte[])[.. Enumerable.Repeat((byte)255, 64)] })
            Assert.Equal(TokenVerdict.BadSignature, Verify($"{Part(good, 0)}.{Part(good, 1)}.{Base64Url.EncodeToString(bad)}", out _));
    }

    [Fact]
    public void Token_AnyByteChanged_OrCutOff_IsRefused_AndNothingIsThrown()
    {
        var whole = Encoding.ASCII.GetBytes(_signer.Sign(Token()));
        Prop.ForAll(ArbMap.Default.ArbFor<NonNegativeInt>(), Gen.Choose(1, 255).ToArbitrary(), (at, flip) =>
        {
            var changed = whole.ToArray();
            changed[at.Get % changed.Length] ^= (byte)flip;
            Assert.NotEqual(TokenVerdict.Accepted, _verifier.Verify(changed, Keys, _now, out var token));
            Assert.Null(token);
            Assert.Equal(TokenVerdict.Malformed, _verifier.Verify(whole.AsSpan(0, at.Get % whole.Length), Keys, _now, out _));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000).WithReplay(1, 3));
        for (var at = 0; at < whole.Length; at++)
        {
            var changed = whole.ToArray();
            changed[at] ^= 1;
            Assert.NotEqual(TokenVerdict.Accepted, _verifier.Verify(changed, Keys, _now, out _));
        }
    }

    [Fact]
    public void Claims_AnyByteChangedBeforeTheyWereSigned_AreReadOrRefused_AndNothingIsThrown()
    {
        var whole = AccessTokenClaims.Write(Token());
        Prop.ForAll(ArbMap.Default.ArbFor<NonNegativeInt>(), ArbMap.Default.ArbFor<byte>(), (at, value) =>
        {
            var changed = whole.ToArray();
            changed[at.Get % changed.Length] = value;
            if (AccessTokenClaims.Read(changed, Issuer) is { } read)
                Assert.Equal(changed, AccessTokenClaims.Write(read));
            Assert.Null(AccessTokenClaims.Read(changed.AsSpan(0, at.Get % changed.Length), Issuer));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000).WithReplay(1, 3));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\"b")]
    [InlineData("a\\b")]
    [InlineData("ö")]
    [InlineData("a\n")]
    public void Subject_ThatCannotStandInAToken_IsNotSigned(string subject) => Assert.Throws<ArgumentException>(() => _signer.Sign(Token() with { Subject = subject }));

    [Fact]
    public void Key_WrittenAndRead_IsTheSame_AndAnyByteWrongIsRefused()
    {
        var pem = _signer.ExportPem();
        using (var again = TokenSigner.FromPem(pem))
            Assert.Equal(_signer.PublicKey, again.PublicKey);
        for (var at = 0; at < pem.Length; at++)
        {
            var damaged = pem.ToCharArray();
            damaged[at] ^= (char)1;
            Assert.ThrowsAny<CryptographicException>(() => TokenSigner.FromPem(damaged));
            Assert.ThrowsAny<CryptographicException>(() => TokenSigner.FromPem(pem.AsSpan(0, at)));
        }
        using var larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.ThrowsAny<CryptographicException>(() => TokenSigner.FromPem(larger.ExportPkcs8PrivateKeyPem() + "\n"));
    }

    private static AccessToken Token() => new(
        Issuer, "somebody", Role.Admin, Guid.Parse("0190b7a4-0000-7000-8000-00000000000f"), Guid.Parse("0190b7a4-0000-7000-8000-000000000002"), _now, _now.AddMilliseconds(-123), _now.AddMilliseconds(-123).AddMinutes(15));

    private static string Part(string token, int part) => token.Split('.')[part];

    private TokenVerdict Verify(string token, out AccessToken? read, DateTimeOffset? now = null) => _verifier.Verify(Encoding.UTF8.GetBytes(token), Keys, now ?? _now, out read);
}
