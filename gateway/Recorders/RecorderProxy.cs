using Lucid.Evidence.Ledger;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Sessions;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Lucid.Gateway.Recorders;

/// <summary>
/// Passes a request about what lies on another process's disk on to that process, which answers it with the same code as a node would. A
/// recorder that is away loses its sessions to another one that has their keys.
/// </summary>
internal sealed class RecorderProxy(RequestDelegate next, IGrains grains, IRecorderLink link, GatewayOptions options, ILogger<RecorderProxy> log) : IDisposable
{
    // A session moves rarely, and a recorder that it has left still serves it, if not as well.
    private const int KnownSessions = 100_000;
    private static readonly TimeSpan _asksAgain = TimeSpan.FromSeconds(30);

    // Each try is another recorder: the one that opened the session, and its two heirs.
    private const int MaxTries = 3;

    private readonly MemoryCache _recorders = new(new MemoryCacheOptions { SizeLimit = KnownSessions });

    public async Task InvokeAsync(HttpContext context)
    {
        switch (context.GetEndpoint()?.Metadata.GetMetadata<DiskMetadata>()?.Disk)
        {
            case DiskOf.Ledger when link.Own != options.Ledger:
                await PassToAsync(context, options.Ledger);
                break;
            case DiskOf.NamedRecorder when link.Own is null:
                await PassToAsync(context, NamedRecorder(context.Request.Query["recorder"]));
                break;
            case DiskOf.SessionsRecorder when link.Own is null:
            case DiskOf.SessionsRecorderIfFull when link.Own is null && bool.TryParse(context.Request.Query["full"], out var isFull) && isFull:
                // A malformed id is refused by the endpoint itself.
                await (Guid.TryParse(context.GetRouteValue("id") as string, out var session) ? PassToRecorderAsync(context, session) : next(context));
                break;
            default:
                await next(context);
                break;
        }
    }

    public void Dispose() => _recorders.Dispose();

    private static string NamedRecorder(StringValues query) => query switch
    {
        [] or [null or ""] => throw new ApiException(ErrorTable.MissingField, "recorder is missing: each recorder has keys of its own, so name one, such as ?recorder=silo-1."),
        [{ } name] when LedgerName.IsValid(name) => name,
        _ => throw new ApiException(ErrorTable.BadFormat, $"recorder: '{query}' is no name of a recorder, such as silo-1."),
    };

    private async Task PassToAsync(HttpContext context, string recorder)
    {
        if (await TryPassAsync(context, recorder) is { } unreachable)
            throw unreachable;
    }

    private async Task PassToRecorderAsync(HttpContext context, Guid session)
    {
        var recorder = _recorders.Get<string>(session) ?? (await grains.Session(session).GetAsync(context.Caller())).Recorder;
        for (var tried = 1; ; tried++)
        {
            var unreachable = await TryPassAsync(context, recorder);
            if (unreachable is null)
            {
                _recorders.Set(session, recorder, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = _asksAgain });
                return;
            }
            _recorders.Remove(session);
            // Whoever may not see a session moves it nowhere either.
            await grains.Session(session).GetAsync(context.Caller());
            var now = (await grains.Session(session).MoveAsync(recorder)).Recorder;
            if (now == recorder || tried == MaxTries)
                throw unreachable;
            log.LogWarning("Recorder {Recorder} cannot be reached; session {Session} goes on at {Next}", recorder, session, now);
            recorder = now;
        }
    }

    /// <returns>Null once the request is answered; otherwise why it could not be, and then nothing of its body was read.</returns>
    private async Task<GrainUnreachableException?> TryPassAsync(HttpContext context, string recorder)
    {
        // An empty body has headers that tell of it, too.
        var hasBody = context.Request.ContentLength is not null || context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        RequestBody? body = null;
        try
        {
            HttpResponseMessage answer;
            try
            {
                answer = await link.SendAsync(recorder, address => Ask(context.Request, address, body = hasBody ? new RequestBody(context.Request) : null), context.RequestAborted);
            }
            catch (Exception) when (body?.Refused is not null)
            {
                // Not the recorder failed but the client: it is told what a node would tell it.
                throw body.Refused;
            }
            catch (GrainUnreachableException unreachable) when (body?.HasBegun != true)
            {
                return unreachable;
            }
            using (answer)
                await GiveBackAsync(answer, recorder, context);
            return null;
        }
        finally
        {
            await (body?.LeaveAsync() ?? Task.CompletedTask);
        }
    }

    private static HttpRequestMessage Ask(HttpRequest from, RecorderAddress address, RequestBody? body)
    {
        // As it came, byte for byte, so that it means there what it meant here when it was let in: a path that is put together again may
        // come out as another one, such as ..%2f does.
        var target = from.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
            throw new ApiException(ErrorTable.InvalidRequest, "The request's target has to be a path.");
        var request = new HttpRequestMessage(
            new HttpMethod(from.Method), new Uri(address.Url + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Content = body,
            Version = System.Net.HttpVersion.Version11,
        };
        foreach (var (name, values) in from.Headers)
        {
            // What belongs to this connection, or to the body, is said anew.
            if ((name.StartsWith("Lucid-", StringComparison.OrdinalIgnoreCase) && !name.Equals(CallerHeader.Name, StringComparison.OrdinalIgnoreCase)) || name is "Range" or "If-Range" or "If-None-Match" or "Accept")
                request.Headers.TryAddWithoutValidation(name, [.. values]);
        }
        request.Headers.TryAddWithoutValidation(CallerHeader.Name, CallerHeader.Write(from.HttpContext.Features.Get<Caller>() ?? Caller.Lucid));
        // The body stays here until the recorder wants it: one that refuses, or is not there, leaves it whole for the next.
        request.Headers.ExpectContinue = body is null ? null : true;
        return request;
    }

    private static async Task GiveBackAsync(HttpResponseMessage answer, string recorder, HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        if (response.StatusCode >= StatusCodes.Status400BadRequest)
            context.Features.Set(PassedRefusal.Of(response.StatusCode, answer.Headers.TryGetValues(ErrorMiddleware.ErrorCodeHeader, out var codes) ? codes.First() : null));
        // An error's body names the id under which the recorder's log knows it.
        if (answer.Headers.TryGetValues(ErrorMiddleware.RequestIdHeader, out var ids))
            response.Headers[ErrorMiddleware.RequestIdHeader] = context.TraceIdentifier = ids.First();
        foreach (var (name, values) in Passed(answer))
            response.Headers[name] = values.ToArray();
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
            await body.CopyToAsync(response.Body, context.RequestAborted);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException && !response.HasStarted)
        {
            foreach (var (name, _) in Passed(answer))
                response.Headers.Remove(name);
            throw new GrainUnreachableException($"recorder/{recorder}", broken.Message);
        }
    }

    /// <summary>The headers that are neither this connection's own, nor those that every answer of ours has already, nor for the gateway alone.</summary>
    private static IEnumerable<KeyValuePair<string, IEnumerable<string>>> Passed(HttpResponseMessage answer) =>
        answer.Headers.Concat(answer.Content.Headers).Where(
            header => header.Key is not ("Transfer-Encoding" or "Connection" or "Date" or "X-Content-Type-Options" or ErrorMiddleware.RequestIdHeader or ErrorMiddleware.ErrorCodeHeader));
}
