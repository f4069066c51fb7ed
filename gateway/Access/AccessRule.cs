using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;

namespace Lucid.Gateway.Access;

/// <summary>What an endpoint needs of whoever calls it. One without a rule, and not open to everyone, is closed to all.</summary>
/// <param name="Permission">Null for what the processes of a cluster ask of each other.</param>
/// <param name="OrSessionToken">Whether a token for one session does too: which one it is, the session itself checks.</param>
public sealed record AccessRule(Permission? Permission, bool OrSessionToken = false)
{
    public bool Admits(Caller caller) =>
        caller.OnlySession is not null ? OrSessionToken : Permission is not { } needed ? caller == Caller.Lucid : caller.May(needed);
}

public static class AccessRuleExtensions
{
    /// <summary>Lets in whoever has that permission. Whose a resource is, its grain checks.</summary>
    /// <param name="orSessionToken">See <see cref="AccessRule.OrSessionToken"/>.</param>
    public static TBuilder Requires<TBuilder>(this TBuilder endpoint, Permission permission, bool orSessionToken = false) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new AccessRule(permission, orSessionToken));

    /// <summary>Lets in processes of the cluster only.</summary>
    public static TBuilder RequiresPeer<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new AccessRule(Permission: null));
}
