using Lucid.Gateway.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Idempotency;

/// <summary>That an endpoint takes the header Idempotency-Key.</summary>
internal sealed record IdempotencyHeader
{
    public const string Name = "Idempotency-Key";
    public const string Replayed = "Idempotency-Replayed";
    private const int MaxLength = 64;

    /// <exception cref="ApiException">Not one header of 1 to 64 visible ASCII characters.</exception>
    public static string Read(HttpRequest request) =>
        request.Headers[Name] is [{ Length: > 0 and <= MaxLength } key] && !key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? key
            : throw new ApiException(ErrorTable.BadFormat, $"{Name} is 1 to {MaxLength} visible ASCII characters, and sent once.");
}

internal static class IdempotencyConventions
{
    /// <summary>
    /// Takes Idempotency-Key. The endpoint answers small JSON without a secret, takes small JSON, and whatever it makes has the id that
    /// <see cref="NewId(HttpContext, TimeProvider)"/> gives it, unless repeating makes nothing twice anyhow.
    /// </summary>
    public static RouteHandlerBuilder TakesIdempotencyKey(this RouteHandlerBuilder endpoint)
    {
        // Around the endpoint's own delegate, and so nothing to any other endpoint.
        endpoint.Add(builder =>
        {
            if (builder.RequestDelegate is { } own)
                builder.RequestDelegate = context => context.Request.Headers.ContainsKey(IdempotencyHeader.Name) ? IdempotentCall.InvokeAsync(context, own) : own(context);
        });
        return endpoint.WithMetadata(new IdempotencyHeader()).Fails(ErrorTable.BadFormat, ErrorTable.KeyOfAnotherRequest, ErrorTable.RequestUnderWay);
    }

    /// <summary>
    /// Refuses Idempotency-Key: the answer has a secret that is told once, and is kept nowhere. To take no notice would let a client believe that it
    /// may repeat the call.
    /// </summary>
    public static RouteHandlerBuilder RefusesIdempotencyKey(this RouteHandlerBuilder endpoint)
    {
        endpoint.AddEndpointFilter((invocation, next) => invocation.HttpContext.Request.Headers.ContainsKey(IdempotencyHeader.Name)
            ? throw new ApiException(ErrorTable.InvalidRequest, $"{IdempotencyHeader.Name} is not taken here: the answer is a secret, which is told once and not kept to be told again. Leave it out.")
            : next(invocation));
        return endpoint;
    }

    /// <summary>The id of what the request makes: a repeated one's is that of the first, so that it is not made twice.</summary>
    public static Guid NewId(this HttpContext context, TimeProvider clock) => context.Features.Get<IdempotentCall>()?.Id ?? Guid.CreateVersion7(clock.GetUtcNow());

    /// <summary>As <see cref="NewId(HttpContext, TimeProvider)"/>, where it is made at one of several places and those that failed may have made it: another id at each.</summary>
    public static Guid NewId(this HttpContext context, TimeProvider clock, string place) => context.Features.Get<IdempotentCall>()?.IdAt(place) ?? Guid.CreateVersion7(clock.GetUtcNow());

    /// <summary>Whether an attempt before, of which no answer is kept, may have made it.</summary>
    public static bool IsRepeated(this HttpContext context) => context.Features.Get<IdempotentCall>()?.IsRepeated == true;
}
