using System.Text.Json;
using Lucid.Gateway.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Lucid.Gateway;

/// <summary>The media types that are answered, and what endpoints say of them.</summary>
internal static class ContentTypes
{
    public const string Text = "text/plain; charset=utf-8";
    public const string Bytes = "application/octet-stream";
    public const string Json = "application/json";
    public const string Problem = "application/problem+json";
    public const string Zip = "application/zip";

    /// <summary>Bytes of a JSON body at most: what any of ours needs many times over.</summary>
    private const long MaxJsonBytes = 64 * 1024;

    public static RouteHandlerBuilder ProducesText(this RouteHandlerBuilder endpoint) => endpoint.Produces<string>(StatusCodes.Status200OK, "text/plain");

    public static RouteHandlerBuilder ProducesBytes(this RouteHandlerBuilder endpoint, string type = Bytes) =>
        // JSON whose exact bytes matter is JSON all the same, of a format that has a description elsewhere.
        type == Json ? endpoint.Produces<JsonElement>(StatusCodes.Status200OK, type) : endpoint.Produces<Stream>(StatusCodes.Status200OK, type);

    /// <summary>Takes a body of JSON, and can fail as any such endpoint can.</summary>
    public static RouteHandlerBuilder AcceptsSmallJson(this RouteHandlerBuilder endpoint) =>
        endpoint.WithMetadata(new RequestSizeLimitAttribute(MaxJsonBytes))
            .Fails(ErrorTable.MissingField, ErrorTable.BadJson, ErrorTable.BodyTooLarge, ErrorTable.UnsupportedMediaType);
}
