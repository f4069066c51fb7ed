using Lucid.Gateway.Errors;
using Lucid.Gateway.Meta;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Lucid.Gateway.OpenApi;

/// <summary>What the document says of the API as a whole.</summary>
internal sealed class DocumentDescription : IOpenApiDocumentTransformer
{
    public const string BearerScheme = "bearer";

    public async Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Lucid",
            Version = ProductVersion.Text,
            Description = "Records sessions so that nobody can quietly change, drop or lose them. docs/api.md is this document for people.",
        };
        // The address differs from node to node; without a server entry it is the one that served the document.
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [BearerScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "The token in the file named token in the node's data directory.",
            },
        };
        document.AddComponent("ErrorEnvelope", await context.GetOrCreateSchemaAsync(typeof(ErrorEnvelope), null, cancellationToken));
        document.AddComponent("ProblemDetails", await context.GetOrCreateSchemaAsync(typeof(ProblemDetails), null, cancellationToken));
        // Here and not at each operation, where what is read from the comments comes later and takes examples of bodies off again.
        foreach (var (path, item) in document.Paths)
            foreach (var (method, operation) in item.Operations ?? [])
                OperationExamples.AddTo(operation, $"{method.Method} {path}");
    }
}
