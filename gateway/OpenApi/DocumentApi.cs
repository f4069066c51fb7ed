using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Lucid.Gateway.OpenApi;

/// <summary>The OpenAPI document and a page to try it.</summary>
internal static class DocumentApi
{
    public const string Name = "v1";

    public static IServiceCollection AddLucidOpenApi(this IServiceCollection services)
    {
        services.AddSingleton<OpenApiDocumentText>();
        return services.AddOpenApi(Name, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.AddDocumentTransformer<DocumentDescription>();
            options.AddOperationTransformer<OperationDescription>();
            options.AddSchemaTransformer<SchemaDescription>();
        });
    }

    public static void MapDocumentation(this IEndpointRouteBuilder app)
    {
        var pages = app.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        pages.MapGet("/openapi/v1.json", DocumentAsync);
        pages.MapGet("/docs", (HttpResponse response) => Page(response, "docs.html", "text/html; charset=utf-8"));
        pages.MapGet("/docs/docs.js", (HttpResponse response) => Page(response, "docs.js", "text/javascript; charset=utf-8"));
        pages.MapGet("/docs/docs.css", (HttpResponse response) => Page(response, "docs.css", "text/css; charset=utf-8"));
    }

    internal static async Task<FileContentHttpResult> DocumentAsync(OpenApiDocumentText document) =>
        TypedResults.Bytes(await document.GetAsync(), ContentTypes.Json);

    private static FileStreamHttpResult Page(HttpResponse response, string name, string type)
    {
        response.Headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        response.Headers.CacheControl = "no-cache";
        var page = typeof(DocumentApi).Assembly.GetManifestResourceStream($"Lucid.Gateway.OpenApi.{name}") ??
            throw new InvalidOperationException($"The page {name} is not built into the gateway.");
        return TypedResults.Stream(page, type);
    }
}

/// <summary>The document as text, made once: it is for everyone, and making it takes work.</summary>
internal sealed class OpenApiDocumentText([FromKeyedServices(DocumentApi.Name)] IOpenApiDocumentProvider provider)
{
    private readonly Lazy<Task<byte[]>> _text = new(async () =>
    {
        var document = await provider.GetOpenApiDocumentAsync(CancellationToken.None);
        return Encoding.UTF8.GetBytes(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1) + "\n");
    });

    public Task<byte[]> GetAsync() => _text.Value;
}
