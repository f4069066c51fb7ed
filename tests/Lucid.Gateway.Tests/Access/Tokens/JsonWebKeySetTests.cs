using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Lucid.Gateway.Access.Tokens;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Access.Tokens;

public sealed class JsonWebKeySetTests
{
    // The key of RFC 7515 appendix A.3.
    private const string X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    private const string Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    [Fact]
    public void Set_Rendered_IsReadBack()
    {
        using var signer = TokenSigner.Generate();
        var set = new JsonWebKeySet([signer.PublicKey, new JsonWebKey("another", X, Y)]);
        Assert.Equal(set.Keys, JsonWebKeySet.Parse(set.Render()).Keys);
        Assert.Equal("""{"keys":[]}""", Encoding.UTF8.GetString(new JsonWebKeySet([]).Render()));
    }

    [Fact]
    public void Key_OfRfc7515_VerifiesItsSignature()
    {
        var hash = SHA256.HashData("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"u8);
        var signature = System.Buffers.Text.Base64Url.DecodeFromChars("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
        var key = new VerificationKey(new JsonWebKey("any", X, Y));
        Assert.True(key.Verifies(hash, signature));
        signature[5] ^= 1;
        Assert.False(key.Verifies(hash, signature));
        Assert.False(key.Verifies(hash, signature.AsSpan(1)));
    }

    [Fact]
    public void Thumbprint_IsTheHashOfTheMembersInTheirOrder() => Assert.Equal(
        System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{X}}","y":"{{Y}}"}"""))), KeyThumbprint.Of(X, Y));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[]}x""")]
    [InlineData("""{"keys":[],"more":1}""")]
    [InlineData("""{"more":1,"keys":[]}""")]
    [InlineData("""{"keys":[1]}""")]
    [InlineData("""{"keys":[{}]}""")]
    public void Set_NotOurs_IsRefused(string text) => Assert.Throws<FormatException>(() => JsonWebKeySet.Parse(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("\"kty\":\"EC\"", "\"kty\":\"OKP\"")]
    [InlineData("\"crv\":\"P-256\"", "\"crv\":\"P-384\"")]
    [InlineData("\"use\":\"sig\"", "\"use\":\"enc\"")]
    [InlineData("\"use\":\"sig\",", "")]
    [InlineData("\"use\":\"sig\"", "\"use\":\"sig\",\"use\":\"sig\"")]
    [InlineData("\"use\":\"sig\"", "\"use\":\"sig\",\"key_ops\":[\"verify\"]")]
    [InlineData("\"use\":\"sig\"", "\"use\":\"sig\",\"d\":\"AAAA\"")]
    [InlineData("\"alg\":\"ES256\"", "\"alg\":\"none\"")]
    [InlineData("\"alg\":\"ES256\"", "\"\\u0061lg\":\"ES256\"")]
    [InlineData("\"kid\":\"one\"", "\"kid\":\"\"")]
    [InlineData("\"kid\":\"one\"", "\"kid\":1")]
    [InlineData("\"kid\":\"one\"", "\"kid\":\"ö\"")]
    [InlineData(X, X + "=")]
    [InlineData(X, "AAAA")]
    [InlineData("RVEU", "RVEV")]
    public void Key_NotForEs256_IsRefused(string written, string changed)
    {
        var text = Encoding.UTF8.GetString(new JsonWebKeySet([new JsonWebKey("one", X, Y)]).Render());
        Assert.Contains(written, text, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => JsonWebKeySet.Parse(Encoding.UTF8.GetBytes(text.Replace(written, changed, StringComparison.Ordinal))));
    }

    [Fact]
    public void Set_OfTooManyKeys_OrOfTwoWithOneName_IsRefused()
    {
        var key = new JsonWebKey("one", X, Y);
        Assert.Throws<FormatException>(() => JsonWebKeySet.Parse(new JsonWebKeySet([key, key]).Render()));
        Assert.Throws<FormatException>(() => JsonWebKeySet.Parse(new JsonWebKeySet([.. Enumerable.Range(0, JsonWebKeySet.MaxKeys + 1).Select(i => new JsonWebKey($"{i}", X, Y))]).Render()));
        Assert.Throws<FormatException>(() => JsonWebKeySet.Parse(new byte[JsonWebKeySet.MaxBytes + 1]));
    }

    [Fact]
    public void Point_NotOnTheCurve_IsRefused() => Assert.ThrowsAny<CryptographicException>(() => new VerificationKey(new JsonWebKey("one", Y, X)));

    [Fact]
    public void Set_AnyByteChanged_IsReadOrRefused_AndNothingElseIsThrown()
    {
        var whole = new JsonWebKeySet([new JsonWebKey("one", X, Y), new JsonWebKey("two", X, Y)]).Render();
        Prop.ForAll(ArbMap.Default.ArbFor<NonNegativeInt>(), ArbMap.Default.ArbFor<byte>(), (at, value) =>
        {
            var changed = whole.ToArray();
            changed[at.Get % changed.Length] = value;
            ReadOrRefuse(changed);
            ReadOrRefuse(changed.AsSpan(0, at.Get % changed.Length));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000).WithReplay(1, 3));
    }

    private static void ReadOrRefuse(ReadOnlySpan<byte> json)
    {
        try
        {
            _ = JsonWebKeySet.Parse(json);
        }
        catch (FormatException)
        {
            // The one thing that is declared.
        }
    }
}
