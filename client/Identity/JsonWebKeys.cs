using System.Collections.Immutable;

namespace Lucid.Client;

/// <summary>A JSON Web Key Set (RFC 7517).</summary>
/// <param name="Keys">Those that sign access tokens, and the next one.</param>
public sealed record JsonWebKeys(ImmutableArray<JsonWebKey> Keys);

/// <summary>A public key of ES256 (RFC 7518).</summary>
/// <param name="Kty">EC.</param>
/// <param name="Crv">P-256.</param>
/// <param name="X">Base64url.</param>
/// <param name="Y">Base64url.</param>
/// <param name="Use">sig.</param>
/// <param name="Alg">ES256.</param>
/// <param name="Kid">What tokens name it by.</param>
public sealed record JsonWebKey(string Kty, string Crv, string X, string Y, string Use, string Alg, string Kid);
