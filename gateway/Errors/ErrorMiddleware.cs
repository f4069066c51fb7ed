using System.Globalization;
using Lucid.Gateway.Access;
using Lucid.Gateway.Json;
using Lucid.Gateway.Meta;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Errors;

/// <summary>
/// The outermost part of the gateway: gives each request its id, and turns whatever goes wrong inside into the error envelope, or problem details. Nothing
/// of a body, a header or a token is ever logged.
/// </summary>
internal sealed class ErrorMiddleware(RequestDelegate next, GatewayOptions options, TimeProvider clock, ILogger<ErrorMiddleware> log)
{
    public const string RequestIdHeader = "Lucid-Request-Id";

    /// <summary>Between processes of a cluster: the code that the body has too, for the gateway's records.</summary>
    public const string ErrorCodeHeader = "Lucid-Error-Code";

    public async Task InvokeAsync(HttpContext context)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow()).ToString("D");
        context.TraceIdentifier = id;
        context.Response.Headers[RequestIdHeader] = id;
        SecurityHeaders.Apply(context, options);
        try
        {
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to be told. Not a fault, so not logged as one.
            context.Abort();
            return;
        }
        catch (Exception exception)
        {
            await FailAsync(context, exception);
            return;
        }
        if (!context.Response.HasStarted && ErrorMapping.ForStatus(context.Response.StatusCode) is { } kind)
            await WriteAsync(context, new ApiException(kind, Describe(context, kind)));
    }

    private async Task FailAsync(HttpContext context, Exception exception)
    {
        var error = ErrorMapping.Map(exception);
        var told = context.Features.Get<Caller>()?.May(Permission.ViewSystemMetrics) == true ? error : ErrorMapping.Withhold(error, exception);
        if (ReferenceEquals(error.Kind, ErrorTable.Internal))
            log.LogError(exception, "{Method} {Route} failed ({RequestId})", context.Request.Method, RouteOf(context), context.TraceIdentifier);
        else if (error.Kind.Status is StatusCodes.Status500InternalServerError || ReferenceEquals(error.Kind, ErrorTable.LedgerDamaged))
            log.LogWarning("{Method} {Route} found damage ({RequestId}): {Reason}", context.Request.Method, RouteOf(context), context.TraceIdentifier, error.Message);
        else if (!ReferenceEquals(told, error))
            log.LogWarning("{Method} {Route} could not be answered ({RequestId}): {Reason}", context.Request.Method, RouteOf(context), context.TraceIdentifier, error.Message);
        else if (log.IsEnabled(LogLevel.Debug))
            log.LogDebug("{Method} {Route} refused with {Code} ({RequestId})", context.Request.Method, RouteOf(context), error.Kind.Code, context.TraceIdentifier);

        if (context.Response.HasStarted)
        {
            // The status is out already; cutting the connection is the only way left to say that the body is not whole.
            log.LogWarning("{Route} broke off after its answer had begun ({RequestId})", RouteOf(context), context.TraceIdentifier);
            context.Abort();
            return;
        }
        Clear(context.Response);
        await WriteAsync(context, told);
    }

    private async Task WriteAsync(HttpContext context, ApiException error)
    {
        var response = context.Response;
        response.StatusCode = error.Kind.Status;
        response.ContentLength = null;
        if (error.RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (error.Kind.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        response.Headers.CacheControl = "no-store";
        if (options.IsForPeers)
            response.Headers[ErrorCodeHeader] = error.Kind.Code;
        var body = new ErrorBody(
            error.Kind.Code, error.Message, error.Details, context.TraceIdentifier, clock.GetUtcNow(), ProductVersion.Service, ProductVersion.Text);
        await (ErrorFormat.PrefersProblem(context.Request.Headers.Accept)
            ? response.WriteAsJsonAsync(ProblemDetails.Of(error.Kind, body), GatewayJson.Wire.ProblemDetails, ContentTypes.Problem, context.RequestAborted)
            : response.WriteAsJsonAsync(new ErrorEnvelope(body), GatewayJson.Wire.ErrorEnvelope, ContentTypes.Json, context.RequestAborted));
    }

    /// <summary>Takes back what the endpoint had already said of a body that will not come; id and what a browser is told stay.</summary>
    private static void Clear(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentType = default;
        headers.ContentDisposition = default;
        headers.ContentRange = default;
        headers.AcceptRanges = default;
        headers.LastModified = default;
        headers.ETag = default;
    }

    private static string Describe(HttpContext context, ErrorKind kind) =>
        ReferenceEquals(kind, ErrorTable.NotFound) ? $"There is nothing at {context.Request.Path}."
        : ReferenceEquals(kind, ErrorTable.MethodNotAllowed) ? $"{context.Request.Path} does not know {context.Request.Method}."
        : kind.Meaning;

    /// <summary>The pattern, not the path: logs name kinds of requests, and ids only through the request id.</summary>
    private static string RouteOf(HttpContext context) =>
        (context.GetEndpoint() as Microsoft.AspNetCore.Routing.RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";
}
