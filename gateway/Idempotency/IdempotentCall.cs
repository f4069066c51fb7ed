using System.Security.Cryptography;
using System.Text;
using Lucid.Evidence;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Idempotency;

/// <summary>One request that carries an Idempotency-Key, on its way through an endpoint.</summary>
/// <param name="Id">What it makes has that id, at every repetition.</param>
/// <param name="IsRepeated">An attempt before has begun it, and no answer of that is kept.</param>
internal sealed record IdempotentCall(Guid Id, bool IsRepeated)
{
    /// <summary>Answers that are larger are not kept: the same request is worked through again, with the same id.</summary>
    public const int MaxKept = 32 * 1024;

    public static async Task InvokeAsync(HttpContext context, RequestDelegate endpoint)
    {
        var services = context.RequestServices;
        var caller = context.Caller();
        var grain = services.GetRequiredService<IGrains>().Get<IIdempotencyGrain>(KeyOf(caller, IdempotencyHeader.Read(context.Request)));
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var attempt = Guid.CreateVersion7(now);
        var begun = await grain.BeginAsync(new IdempotentRequest(await DigestAsync(context.Request), attempt, Guid.CreateVersion7(now)));
        if (begun.Answer is { } kept)
        {
            context.Response.Headers[IdempotencyHeader.Replayed] = "true";
            await SendAsync(context, kept);
            return;
        }
        context.Features.Set(new IdempotentCall(begun.Id, begun.IsRepeated));
        var log = services.GetRequiredService<ILogger<IdempotentCall>>();
        IdempotentAnswer answer;
        try
        {
            answer = await CatchAsync(context, endpoint);
        }
        catch (Exception failure)
        {
            // A refusal has done nothing, and the key is free again. Whatever else it was may have happened all the same.
            await TellAsync(log, () => grain.FailedAsync(attempt, mayHaveHappened: context.RequestAborted.IsCancellationRequested || ErrorMapping.Map(failure).Kind.Status >= 500));
            throw;
        }
        await TellAsync(log, () => answer.Status < 400 && answer.Body.Length <= MaxKept
            ? grain.AnsweredAsync(attempt, answer)
            : grain.FailedAsync(attempt, mayHaveHappened: answer.Status is < 400 or >= 500));
        await SendAsync(context, answer);
    }

    /// <summary>An id of its own for each place, the same at every repetition: a UUIDv7 of the same time as <see cref="Id"/>.</summary>
    public Guid IdAt(string place)
    {
        Span<byte> id = stackalloc byte[16];
        Id.TryWriteBytes(id, bigEndian: true, out _);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{Id:D}\n{place}"));
        // All that is not time, version or variant.
        id[6] = (byte)((id[6] & 0xF0) | (hash[6] & 0x0F));
        id[7] = hash[7];
        id[8] = (byte)((id[8] & 0xC0) | (hash[8] & 0x3F));
        hash.AsSpan(9, 7).CopyTo(id[9..]);
        return new Guid(id, bigEndian: true);
    }

    /// <summary>The grain's key: one caller cannot guess or use up another's, and a key may have any visible characters.</summary>
    private static string KeyOf(Caller caller, string key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{caller.Subject}\n{caller.OnlySession}\n{key}")));

    /// <summary>What makes a request the same: method, address and body. The body can be read again afterwards.</summary>
    private static async Task<Hash256> DigestAsync(HttpRequest request)
    {
        // Its size has a limit, which the endpoint's metadata has set.
        var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(Encoding.UTF8.GetBytes($"{request.Method}\n{request.PathBase}{request.Path}{request.QueryString}\n"));
        digest.AppendData(body.GetBuffer().AsSpan(0, (int)body.Length));
        body.Position = 0;
        request.Body = body;
        return new Hash256(digest.GetHashAndReset());
    }

    /// <summary>Lets the endpoint answer into memory: the grain has to know the answer before the client does, or a lost one could not be repeated.</summary>
    private static async Task<IdempotentAnswer> CatchAsync(HttpContext context, RequestDelegate endpoint)
    {
        var response = context.Response;
        var wire = response.Body;
        using var body = new MemoryStream();
        response.Body = body;
        try
        {
            await endpoint(context);
            await response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        finally
        {
            response.Body = wire;
        }
        return new IdempotentAnswer(response.StatusCode, response.ContentType, response.Headers.Location, body.ToArray());
    }

    private static async Task SendAsync(HttpContext context, IdempotentAnswer answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.Headers.Location = answer.Location;
        if (answer.Body.Length == 0)
            return;
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    /// <summary>The request is over, however this ends: the grain takes an attempt of which it hears nothing for one that was cut off.</summary>
    private static async Task TellAsync(ILogger log, Func<Task> tell)
    {
        try
        {
            await tell();
        }
        catch (Exception failure)
        {
            log.LogWarning(failure, "What a request with an Idempotency-Key was answered could not be kept; repeated, it is worked through again");
        }
    }
}
