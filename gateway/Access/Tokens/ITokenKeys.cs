using System.Collections.Immutable;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>The keys that this process signs access tokens with, where its host keeps them: durably, and nowhere else.</summary>
public interface ITokenKeys
{
    /// <summary>In the order in which they sign.</summary>
    ImmutableArray<TokenKey> All { get; }

    /// <summary>Makes a new key, and returns once it would survive a crash.</summary>
    /// <param name="signsFrom">Counted in whole seconds.</param>
    /// <exception cref="IOException">The disk refuses it. Nothing was added.</exception>
    TokenKey Add(DateTimeOffset signsFrom);

    /// <summary>Destroys a key of which nobody holds a token any more.</summary>
    /// <exception cref="IOException">The disk refuses it. The key is still there.</exception>
    void Remove(TokenKey key);
}

/// <param name="SignsFrom">From when on it signs, until the next one does.</param>
public sealed record TokenKey(DateTimeOffset SignsFrom, TokenSigner Signer);
