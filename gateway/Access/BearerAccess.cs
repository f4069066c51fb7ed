using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Lucid.Gateway.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Access;

/// <summary>
/// Lets in whoever runs on this machine and knows the token. As long as one token is the only identity there is, a connection from
/// elsewhere is refused, whatever it brings.
/// </summary>
internal sealed class BearerAccess(RequestDelegate next, GatewayOptions options)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        if (!options.IsMutualTls && context.Connection.RemoteIpAddress is { } remote && !IPAddress.IsLoopback(remote))
            throw new ApiException(ErrorTable.NotLoopback, ErrorTable.NotLoopback.Meaning);
        // Without an endpoint there is nothing to protect; the answer is 404 for everyone.
        if (context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            return next(context);

        var authorization = context.Request.Headers.Authorization;
        if (authorization.Count == 0)
            throw new ApiException(ErrorTable.TokenMissing, ErrorTable.TokenMissing.Meaning);
        if (authorization.Count != 1 || authorization[0] is not { } header || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ||
            !IsToken(header.AsSpan(Scheme.Length).Trim(' ')))
            throw new ApiException(ErrorTable.TokenInvalid, ErrorTable.TokenInvalid.Meaning);
        return next(context);
    }

    /// <summary>In constant time, so that a token cannot be guessed character by character. Its length is no secret.</summary>
    private bool IsToken(ReadOnlySpan<char> given) =>
        CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(given), MemoryMarshal.AsBytes(options.Token.AsSpan()));
}
