using System.Collections.Immutable;

namespace Lucid.Client;

/// <summary>A token for a program to be.</summary>
/// <param name="Name">What it is known by: 1 to 100 characters.</param>
/// <param name="LifeSeconds">How long it is good for, up to 366 days; null for that.</param>
/// <param name="SessionId">The one session that it may record and view; null for whatever its maker may do.</param>
public sealed record TokenRequest(string Name, long? LifeSeconds = null, Guid? SessionId = null);

/// <summary>A token for a program, without what it shows.</summary>
/// <param name="TokenId">Its name to all machines.</param>
/// <param name="Name">What it is known by.</param>
/// <param name="SessionId">The one session that it is for; null for all.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">Until when it is good.</param>
public sealed record TokenView(Guid TokenId, string Name, Guid? SessionId, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>Tokens for programs.</summary>
/// <param name="Tokens">The newest first.</param>
public sealed record TokenList(ImmutableArray<TokenView> Tokens);

/// <summary>A new token for a program. Secret.</summary>
/// <param name="Token">Told once; see <see cref="TokenCredential"/>.</param>
/// <param name="Made">What is known of it later.</param>
public sealed record TokenMade(string Token, TokenView Made)
{
    /// <summary>Without the token.</summary>
    public override string ToString() => $"token {Made.TokenId}";
}
