namespace Lucid.Client;

/// <summary>Where a node listens, and what lets us in.</summary>
/// <param name="Url">The root of its API, such as https://lucid.example or http://127.0.0.1:8080. Behind a path it has to end with a slash.</param>
/// <param name="Credential">Null to come as nobody.</param>
public sealed record NodeAddress(Uri Url, ICredential? Credential);
