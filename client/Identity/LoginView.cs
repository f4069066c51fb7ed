using System.Collections.Immutable;

namespace Lucid.Client;

/// <summary>An open login.</summary>
/// <param name="LoginId">Its name.</param>
/// <param name="Client">The program that signed in.</param>
/// <param name="Address">Where that was.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="LastUsedAt">When it was renewed last.</param>
/// <param name="ExpiresAt">When it ends in any case.</param>
/// <param name="LastClient">The program that renewed it last.</param>
/// <param name="LastAddress">Where that was.</param>
public sealed record LoginView(
    Guid LoginId, string Client, string Address, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, string? LastClient = null, string? LastAddress = null);

/// <summary>Open logins.</summary>
/// <param name="Logins">At most 5.</param>
public sealed record LoginList(ImmutableArray<LoginView> Logins);
