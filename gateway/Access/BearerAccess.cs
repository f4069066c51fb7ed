using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Access;

/// <summary>
/// Establishes who calls, by the bearer token, and lets in those whom the endpoint's rule admits: with an access token, with a program's, or with
/// the token of the node, which is worth something on its own machine only. Where the gateway is not meant to be reached from elsewhere, a
/// connection from there is refused, whatever it brings.
/// </summary>
/// <param name="tokens">Null where only processes of the cluster call; so is the next.</param>
internal sealed class BearerAccess(RequestDelegate next, GatewayOptions options, TokenAccess? tokens = null, ProgramAccess? programs = null)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        if (!options.IsMutualTls && !options.Access.IsPublic && context.Connection.RemoteIpAddress is { } remote && !IPAddress.IsLoopback(remote))
            throw new ApiException(ErrorTable.NotLoopback);
        // Without an endpoint there is nothing to protect; the answer is 404 for everyone.
        if (context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            return next(context);

        var token = Bearer(context);
        if (programs is not null && OpaqueToken.Is(OpaqueToken.Program, token.Span))
            return AdmitAsync(context, endpoint, programs.AdmitAsync(token.ToString(), context));
        if (!IsToken(token.Span) && tokens is not null && token.Span.Count('.') == 2)
            return AdmitAsync(context, endpoint, tokens.AdmitAsync(token, context.RequestAborted));
        if (!IsToken(token.Span))
            throw token.IsEmpty ? Missing(context) : new ApiException(ErrorTable.TokenInvalid);
        if (!options.IsMutualTls && !context.IsLocal())
            throw new ApiException(ErrorTable.NotLoopback, "This token is taken from the node's own machine only. Sign in.");
        return AdmitAs(options.IsForPeers ? CallerHeader.Read(context.Request.Headers[CallerHeader.Name]) : Caller.Local, context, endpoint);
    }

    private async Task AdmitAsync(HttpContext context, Endpoint endpoint, ValueTask<Caller> admitting) => await AdmitAs(await admitting, context, endpoint);

    private Task AdmitAs(Caller caller, HttpContext context, Endpoint endpoint)
    {
        // Also of whom the rule turns away it is known who they are: the refusal is theirs in the log, and of their quota.
        context.Features.Set(caller);
        // What routing itself answers, that a method or a media type is not known, has no rule and needs none.
        if (endpoint is RouteEndpoint)
        {
            var rule = endpoint.Metadata.GetMetadata<AccessRule>() ??
                throw new InvalidOperationException($"{endpoint.DisplayName} says neither what it requires nor that it is open to everyone.");
            if (!rule.Admits(caller))
                throw new ApiException(ErrorTable.PermissionDenied, Describe(rule, caller));
        }
        return next(context);
    }

    /// <summary>What comes after the scheme; nothing where there is no such header, or several, or another scheme.</summary>
    private static ReadOnlyMemory<char> Bearer(HttpContext context) =>
        context.Request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header.AsMemory(Scheme.Length).Trim(' ')
            : default;

    private static ApiException Missing(HttpContext context) => new(context.Request.Headers.Authorization.Count == 0 ? ErrorTable.TokenMissing : ErrorTable.TokenInvalid);

    /// <summary>In constant time, so that a token cannot be guessed character by character. Its length is no secret.</summary>
    private bool IsToken(ReadOnlySpan<char> given) =>
        CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(given), MemoryMarshal.AsBytes(options.Token.AsSpan()));

    private static string Describe(AccessRule rule, Caller caller) =>
        caller.OnlySession is { } session ? $"This token records session {session:D}, and does nothing else. Sign in for more."
        : rule.Permission is not { } permission ? "Only processes of the cluster call that."
        : Permissions.RefusalOf(caller.Role, permission);
}

internal static class CallerOfRequest
{
    /// <summary>Who calls, at an endpoint that is not open to everyone.</summary>
    public static Caller Caller(this HttpContext context) => context.Features.GetRequiredFeature<Caller>();
}
