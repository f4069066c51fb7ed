using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Lucid.Evidence;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Lucid.Gateway.OpenApi;

/// <summary>Says of types and parameters what reflection does not show.</summary>
internal sealed class SchemaDescription : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type == typeof(Hash256))
        {
            schema.Type = JsonSchemaType.String | (schema.Type & JsonSchemaType.Null);
            schema.Pattern = "^[0-9a-f]{64}$";
        }
        // Its own converter hides from the exporter that a time is a string.
        if (type == typeof(DateTimeOffset))
            schema.Type = JsonSchemaType.String;
        // What has no value is left out of answers, which the exporter does not know; what a request has to have says so by an attribute.
        foreach (var property in context.JsonTypeInfo.Properties.Where(property => property.IsGetNullable && property.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: false) != true))
            schema.Required?.Remove(property.Name);
        if (AllowedOf(context.ParameterDescription) is { } allowed)
            schema.Enum = [.. allowed.Select(value => (JsonNode)JsonValue.Create(value))];
        return Task.CompletedTask;
    }

    private static IEnumerable<string>? AllowedOf(ApiParameterDescription? parameter) =>
        (parameter?.ParameterDescriptor as Microsoft.AspNetCore.Mvc.Infrastructure.IParameterInfoParameterDescriptor)?.ParameterInfo
            .GetCustomAttributes(typeof(AllowedValuesAttribute), inherit: false).OfType<AllowedValuesAttribute>().FirstOrDefault()?.Values.OfType<string>();
}
