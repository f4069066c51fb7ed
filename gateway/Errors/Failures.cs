using Microsoft.AspNetCore.Builder;

namespace Lucid.Gateway.Errors;

/// <summary>Which errors an endpoint can answer with, for the OpenAPI document.</summary>
internal sealed record Failures(IReadOnlyList<ErrorKind> Kinds);

internal static class FailureConventions
{
    /// <summary>Says which errors the endpoint can answer with, beside those that every endpoint of its group has.</summary>
    public static TBuilder Fails<TBuilder>(this TBuilder builder, params ErrorKind[] kinds) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new Failures(kinds)));
        return builder;
    }
}
