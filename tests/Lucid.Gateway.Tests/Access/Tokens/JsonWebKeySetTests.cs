using System.Security.Cryptography;
using System.Text;
using Lucid.Gateway.Access.Tokens;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Access.Tokens;

public sealed class JsonWebKeySetTests
{
    // The key of RFC 7515 appendix A.3.
    private const string X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    private const string Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    [Fact]
    public void Set_Rendered_HasTheMembersOfEachKey()
    {
        Assert.Equal("""{"keys":[]}""", Encoding.UTF8.GetString(new JsonWebKeySet([]).Render()));
        Assert.Equal(
            $$"""{"keys":[{"kty":"EC","crv":"P-256","x":"{{X}}","y":"{{Y}}","use":"sig","alg":"ES256","kid":"one"},{"kty":"EC","crv":"P-256","x":"{{X}}","y":"{{Y}}","use":"sig","alg":"ES256","kid":"two"}]}""",
            Encoding.UTF8.GetString(new JsonWebKeySet([new JsonWebKey("one", X, Y), new JsonWebKey("two", X, Y)]).Render()));
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
    [InlineData("", X)]
    [InlineData("ö", X)]
    [InlineData("a\"b", X)]
    [InlineData("one", X + "=")]
    [InlineData("one", "AAAA")]
    [InlineData("one", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV")]
    public void Key_WithANameOrACoordinateThatIsNone_IsRefused(string keyId, string x) => Assert.Throws<FormatException>(() => new JsonWebKey(keyId, x, Y));

    [Fact]
    public void Point_NotOnTheCurve_IsRefused() => Assert.ThrowsAny<CryptographicException>(() => new VerificationKey(new JsonWebKey("one", Y, X)));
}
