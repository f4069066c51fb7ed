using Microsoft.AspNetCore.Builder;

namespace Lucid.Gateway.Limits;

/// <summary>One rule of how often. The first three hold for every request, by who sends it; an endpoint may have one of the others besides.</summary>
public enum RateLimit
{
    /// <summary>Whoever has shown no valid token, by address.</summary>
    Strangers,

    /// <summary>Users and node operators.</summary>
    Users,

    /// <summary>Administrators.</summary>
    Admins,

    /// <summary>Everything by which somebody tries to get in. Too many of them block for a while.</summary>
    Login,

    Refresh,
    CreateSession,
    ChainQueries,
    Anchoring,
    Merkle,
}

/// <summary>The rule that an endpoint has beside those for every request.</summary>
internal sealed record EndpointLimit(RateLimit Limit);

public static class RateLimitConventions
{
    /// <summary>Limits the endpoint by that rule too: for each user, or for each address where it is open to everyone.</summary>
    public static TBuilder LimitedTo<TBuilder>(this TBuilder endpoint, RateLimit limit) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new EndpointLimit(limit));
}
