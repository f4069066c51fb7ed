using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Lucid.Gateway.Preconditions;

/// <summary>That answers of an endpoint have an ETag, for the OpenAPI document.</summary>
internal sealed record TaggedAnswer;

/// <summary>
/// 200 with one thing as JSON, and a strong ETag over the exact bytes of the body; or 304 without a body, where a GET names that tag in
/// If-None-Match. Costs one hash: nothing of the request is parsed without that header, and the bytes are made once, hashed and sent.
/// </summary>
/// <typeparam name="T">A type of the wire.</typeparam>
internal sealed class Tagged<T>(T value) : IResult, IEndpointMetadataProvider
{
    public T Value { get; } = value;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var body = EntityTag.Serialize(httpContext, Value);
        var tag = EntityTag.Of(body);
        var (request, response) = (httpContext.Request, httpContext.Response);
        response.Headers.ETag = tag;
        if (request.Headers.IfNoneMatch.Count > 0 && HttpMethods.IsGet(request.Method) && EntityTag.Names(request.GetTypedHeaders().IfNoneMatch, tag, strongly: false))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), [ContentTypes.Json]));
        builder.Metadata.Add(new TaggedAnswer());
    }
}

/// <summary>What stands for the bytes of an answer.</summary>
internal static class EntityTag
{
    // Half of a SHA-256: nobody finds two answers with the same one.
    private const int Size = 16;

    /// <summary>The tag as it stands in the header, in quotes.</summary>
    public static string Of(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return $"\"{Convert.ToHexStringLower(hash[..Size])}\"";
    }

    /// <summary>The body that a GET of that thing has.</summary>
    public static byte[] Serialize<T>(HttpContext context, T value)
    {
        // The framework's options, as every other answer is written: their encoder is not that of the generated context.
        var options = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        return JsonSerializer.SerializeToUtf8Bytes(value, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));
    }

    /// <summary>Whether the tag is among those of a condition; * is any.</summary>
    /// <param name="strongly">Whether W/ tags never match, as RFC 9110 has it for If-Match.</param>
    public static bool Names(IList<EntityTagHeaderValue> named, string tag, bool strongly)
    {
        var own = new EntityTagHeaderValue(tag);
        foreach (var one in named)
        {
            if (one.Equals(EntityTagHeaderValue.Any) || one.Compare(own, strongly))
                return true;
        }
        return false;
    }
}
