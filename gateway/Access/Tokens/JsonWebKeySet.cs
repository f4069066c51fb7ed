using System.Collections.Immutable;
using System.Text;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>A JWK set (RFC 7517 section 5) of keys for ES256, and of no others.</summary>
/// <param name="Keys">No two of one name.</param>
public sealed record JsonWebKeySet(ImmutableArray<JsonWebKey> Keys)
{
    /// <summary>As /.well-known/jwks.json has it.</summary>
    public byte[] Render()
    {
        var text = new StringBuilder("{\"keys\":[");
        // Names and coordinates need no escapes: the key's constructor has seen to that.
        text.AppendJoin(',', Keys.Select(key => $$"""{"kty":"EC","crv":"P-256","x":"{{key.X}}","y":"{{key.Y}}","use":"sig","alg":"ES256","kid":"{{key.KeyId}}"}"""));
        return Encoding.ASCII.GetBytes(text.Append("]}").ToString());
    }
}
