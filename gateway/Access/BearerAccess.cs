using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Access;

/// <summary>
/// Establishes who calls, by the bearer token, and lets in those whom the endpoint's rule admits. Where the gateway is not meant to be reached
/// from elsewhere, a connection from there is refused, whatever it brings; the node's own token is taken from its own machine only.
/// </summary>
internal sealed class BearerAccess(RequestDelegate next, GatewayOptions options)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        if (!options.IsMutualTls && !options.Access.IsPublic && context.Connection.RemoteIpAddress is { } remote && !IPAddress.IsLoopback(remote))
            throw new ApiException(ErrorTable.NotLoopback, ErrorTable.NotLoopback.Meaning);
        // Without an endpoint there is nothing to protect; the answer is 404 for everyone.
        if (context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            return next(context);

        var caller = Identify(context);
        // What routing itself answers, that a method or a media type is not known, has no rule and needs none.
        if (endpoint is RouteEndpoint)
        {
            var rule = endpoint.Metadata.GetMetadata<AccessRule>() ??
                throw new InvalidOperationException($"{endpoint.DisplayName} says neither what it requires nor that it is open to everyone.");
            if (!rule.Admits(caller))
                throw new ApiException(ErrorTable.PermissionDenied, Describe(rule, caller));
        }
        context.Features.Set(caller);
        return next(context);
    }

    private Caller Identify(HttpContext context)
    {
        var authorization = context.Request.Headers.Authorization;
        if (authorization.Count == 0)
            throw new ApiException(ErrorTable.TokenMissing, ErrorTable.TokenMissing.Meaning);
        if (authorization.Count != 1 || authorization[0] is not { } header || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ||
            !IsToken(header.AsSpan(Scheme.Length).Trim(' ')))
            throw new ApiException(ErrorTable.TokenInvalid, ErrorTable.TokenInvalid.Meaning);
        if (!options.IsMutualTls && !context.IsLocal())
            throw new ApiException(ErrorTable.NotLoopback, "This token is taken from the node's own machine only. Sign in.");
        return options.IsForPeers ? CallerHeader.Read(context.Request.Headers[CallerHeader.Name]) : Caller.Local;
    }

    /// <summary>In constant time, so that a token cannot be guessed character by character. Its length is no secret.</summary>
    private bool IsToken(ReadOnlySpan<char> given) =>
        CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(given), MemoryMarshal.AsBytes(options.Token.AsSpan()));

    private static string Describe(AccessRule rule, Caller caller) =>
        caller.OnlySession is { } session ? $"This token records session {session:D}, and does nothing else. Sign in for more."
        : rule.Permission is not { } permission ? "Only processes of the cluster call that."
        : $"That takes the permission {permission}, which {Permissions.LowestWith(permission)} and above have; you are {caller.Role}.";
}

internal static class CallerOfRequest
{
    /// <summary>Who calls, at an endpoint that is not open to everyone.</summary>
    public static Caller Caller(this HttpContext context) => context.Features.GetRequiredFeature<Caller>();
}
